import type { AccountView, WatchdogView } from '../../../engine/protocol/live-schemas.ts';
import type { Tone } from '../../components/trading/words.ts';

/** Words are those of `renata watchdog`. */

export const ACTS = [
  { value: 'cancel', label: 'cancels orders' },
  { value: 'flatten', label: 'cancels orders, closes positions' },
] as const;
export type Acts = (typeof ACTS)[number]['value'];

export const LEAST_SECONDS = 5;
export const MOST_SECONDS = 600;

type Watched = WatchdogView['accounts'][number];

export function actsText({ flatten }: Pick<Watched, 'flatten'>): string {
  return flatten ? 'cancels orders, closes positions' : 'cancels orders';
}

/** How the watchdog stands, in a word and its tone. */
export function standing(view: WatchdogView): { readonly word: string; readonly tone: Tone } {
  if (view.trip !== null) return { word: 'Has stopped trading', tone: 'bad' };
  if (view.accounts.length === 0) return { word: 'Stood down', tone: 'ended' };
  if (!view.running) return { word: 'Not running', tone: 'doubt' };
  return view.accounts.every(({ armed }) => armed)
    ? { word: 'Armed', tone: 'good' }
    : { word: view.armed ? 'Partly armed' : 'Not armed', tone: 'doubt' };
}

/** `1 s ago`, so that one sees it beating. */
export function heardText(view: WatchdogView, now: number): string {
  if (view.heardAt === null) return view.running ? 'no sign of life yet' : '';
  const seconds = Math.max(0, Math.round((now - view.heardAt) / 1000));
  return `last sign of life ${seconds} s ago`;
}

/** Accounts that may be named: those that are connected, and watched ones that are not. */
export function namesOf(accounts: readonly AccountView[], view: WatchdogView): readonly string[] {
  return [
    ...new Set([...accounts.map(({ id }) => id), ...view.accounts.map((each) => each.account)]),
  ];
}

/** What is wrong with the seconds; undefined where nothing is. */
export function secondsFault(text: string): string | undefined {
  const value = Number(text);
  const right = /^\d+$/.test(text.trim()) && value >= LEAST_SECONDS && value <= MOST_SECONDS;
  return right ? undefined : `Give a whole number from ${LEAST_SECONDS} to ${MOST_SECONDS}.`;
}

export interface Wish {
  readonly account: string;
  readonly acts: Acts;
  readonly seconds: string;
}

/** What the button does; null where that is how it is already. */
export function wishText(view: WatchdogView, { account, acts, seconds }: Wish): string | null {
  const known = view.accounts.find((each) => each.account === account);
  const flatten = acts === 'flatten';
  const same = known !== undefined && known.flatten === flatten;
  if (account === '' || same) {
    return Number(seconds) === view.seconds ? null : `Act after ${seconds} s of silence`;
  }
  const after = `after ${seconds} s of silence`;
  return flatten
    ? `Watch ${account}: cancel orders and close positions ${after}`
    : `Watch ${account}: cancel orders ${after}`;
}

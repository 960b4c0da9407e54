import type { ConnectionPart, ConnectionPhase } from '../../../engine/ports/connection.ts';
import { lastWeeklyLogin, scheduledBreak } from './breaks.ts';
import type { TwsSettings } from './settings.ts';

/** TWS restarts itself within this time; after it the user has to look. */
const RESTART_TIME = 5 * 60_000;

export interface ClosingFacts {
  readonly now: number;
  readonly settings: TwsSettings;
  /** What TWS itself said of the reason. */
  readonly hint: string | null;
  /** Whether something answered at the port. */
  readonly reached: boolean;
  /** When all worked the last time; null for never. */
  readonly lastUp: number | null;
}

/** What the user is told of a connection that has ended, and what can be done. */
export function afterClosing(
  reason: string,
  { now, settings, hint, reached, lastUp }: ClosingFacts,
): { readonly phase: ConnectionPhase; readonly message: string } {
  const { region, host, port } = settings;
  if (hint !== null) return { phase: 'needs-user', message: hint };
  const pause = scheduledBreak(now, region);
  if (pause !== null) {
    return {
      phase: 'scheduled-break',
      message: `${pause.reason}; the connection comes back by itself.`,
    };
  }
  if (lastUp !== null && lastUp < lastWeeklyLogin(now)) {
    return {
      phase: 'needs-user',
      message:
        'Interactive Brokers ends all sessions on Sunday; log in to TWS or IB Gateway again, with the second factor.',
    };
  }
  if (!reached && (lastUp === null || now - lastUp > RESTART_TIME)) {
    return {
      phase: 'needs-user',
      message: `Nothing answers at ${host}:${port} (${reason}); start TWS or IB Gateway, log in, and switch on "Enable ActiveX and Socket Clients" with this port.`,
    };
  }
  return { phase: 'reconnecting', message: `${capital(reason)}; connecting to TWS again.` };
}

export function downParts(note: string): readonly ConnectionPart[] {
  return ['orders', 'account', 'quotes', 'history'].map((name) => ({ name, working: false, note }));
}

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

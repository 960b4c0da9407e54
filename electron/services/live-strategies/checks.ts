import { RenataError } from '../../../engine/domain/errors.ts';
import { accountId, strategyId } from '../../../engine/domain/identifiers.ts';
import type { LiveProgram } from '../../../engine/live/program.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { LiveStrategyRequest } from '../../../engine/protocol/live-strategy-schemas.ts';
import type { LoadedStrategy } from '../strategies/library.ts';
import type { Trading } from '../trading/trading.ts';
import type { StartRecord } from './records.ts';

/** @throws RenataError CONFLICT for an account of the other kind, and a live one that is not armed */
export function checkAccount(
  { venues, risk }: Pick<Trading, 'venues' | 'risk'>,
  { kind, account }: Pick<LiveStrategyRequest, 'kind' | 'account'>,
): void {
  const id = accountId(account);
  const { live } = venues.account(id);
  const refuse = (what: string): RenataError =>
    new RenataError('CONFLICT', `account: ${account} is a ${what}.`, {
      details: { parameter: 'account' },
    });
  if (kind === 'paper' && live) {
    throw refuse('live account; use renata live, or name a paper account');
  }
  if (kind === 'live' && !live) throw refuse('paper account; use renata paper, or name a live one');
  if (live && !risk.isArmed(id)) {
    throw refuse('live account and not armed; arm it for this session first');
  }
}

/**
 * What a strategy of the library is to a run.
 * @throws RenataError BAD_INPUT for one that cannot run live
 */
export function programOf(
  { strategy }: Pick<LiveStrategyRequest, 'strategy'>,
  { entry, rules, text }: LoadedStrategy,
): { readonly program: LiveProgram; readonly title: string; readonly text: StartRecord['text'] } {
  // Limits of a strategy go by its name.
  const id = strategyId(strategy);
  const { title } = entry;
  const refuse = (what: string): RenataError =>
    new RenataError('BAD_INPUT', `strategy: ${id} ${what}.`, {
      details: { parameter: 'strategy' },
    });
  if (entry.portfolio === true) throw refuse('trades several instruments; live runs trade one');
  if (rules !== undefined)
    return { program: { kind: 'rules', id, rules }, title, text: text ?? null };
  if (entry.kind === 'built-in') {
    return { program: { kind: 'built-in', id: entry.id }, title, text: null };
  }
  throw refuse(
    'is TypeScript, which reads whole columns; live runs take rule documents and the built-in strategies',
  );
}

/** @throws RenataError BAD_INPUT for what the model of a run does not know */
export function checkInstrument({
  symbol,
  multiplier,
  currency,
  assetClass,
}: TradableInstrument): void {
  if (multiplier === '1') return;
  throw new RenataError(
    'BAD_INPUT',
    `instrument: ${symbol} (${assetClass}, ${currency}) has a multiplier of ${multiplier}; live runs take instruments of which one unit is worth its price.`,
    { details: { parameter: 'instrument' } },
  );
}

/** A run that stands otherwise than what is asked of it. */
export function conflict(id: string, state: string, what: string): RenataError {
  return new RenataError('CONFLICT', `run: ${id} is ${state} and cannot be ${what}.`, {
    details: { parameter: 'run' },
  });
}

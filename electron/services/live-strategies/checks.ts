import { isPositive } from '../../../engine/domain/decimal.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { accountId, strategyId } from '../../../engine/domain/identifiers.ts';
import type { LiveProgram } from '../../../engine/live/program.ts';
import type { TradableInstrument } from '../../../engine/ports/instruments.ts';
import type { LiveStrategyRequest } from '../../../engine/protocol/live-strategy-schemas.ts';
import type { LoadedStrategy } from '../strategies/library.ts';
import type { Trading } from '../trading/trading.ts';
import type { CodeSource } from './code-mind.ts';
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

/** A strategy of the library as a run takes it. */
export interface Loaded extends Pick<StartRecord, 'title' | 'text'> {
  readonly hash: string;
  /** Whether it trades several instruments; such a strategy is always code. */
  readonly several: boolean;
  /** Rules, a strategy of the program itself, or code, which thinks elsewhere. */
  readonly program: Exclude<LiveProgram, { readonly kind: 'code' }> | CodeSource;
}

/**
 * What a strategy of the library is to a run.
 * @throws RenataError BAD_INPUT for one that cannot run live, and for several instruments where it trades
 *   one or the reverse
 */
export function programOf(
  { strategy, instrument, instruments }: ProgramRequest,
  loaded: LoadedStrategy,
): Loaded {
  const { entry, rules, text, hash } = loaded;
  // Limits of a strategy go by its name.
  const id = strategyId(strategy);
  const several = entry.portfolio === true;
  const common = { title: entry.title, text: text ?? null, hash, several };
  const refuse = (what: string): RenataError =>
    new RenataError('BAD_INPUT', `strategy: ${id} ${what}.`, {
      details: { parameter: 'strategy' },
    });
  if (several) {
    if (instruments === undefined) {
      throw refuseMany(`${id} trades several; name all of them, as --symbols SPY,QQQ does`);
    }
    if (instruments[0] !== instrument) {
      throw refuseMany(`the first of them has to be the instrument of the run, ${instrument}`);
    }
  } else if (instruments !== undefined) {
    throw refuseMany(`${id} trades one; name it as --instrument does`);
  } else if (rules !== undefined) return { ...common, program: { kind: 'rules', id, rules } };
  else if (entry.kind === 'built-in') {
    return { ...common, program: { kind: 'built-in', id: entry.id } };
  }
  if (loaded.program?.kind !== 'code') throw refuse('cannot run live');
  // It runs in the sandbox live, also where a backtest may run it as it is.
  const { file, code } = loaded.program;
  return { ...common, program: { id, file, code, parameters: entry.parameters } };
}

type ProgramRequest = Pick<LiveStrategyRequest, 'strategy' | 'instrument' | 'instruments'>;

function refuseMany(what: string): RenataError {
  return new RenataError('BAD_INPUT', `instruments: ${what}.`, {
    details: { parameter: 'instruments' },
  });
}

/** @throws RenataError BAD_INPUT for what the model of a run does not know */
export function checkInstrument({
  symbol,
  multiplier,
  currency,
  assetClass,
}: TradableInstrument): void {
  if (isPositive(multiplier)) return;
  throw new RenataError(
    'BAD_INPUT',
    `instrument: ${symbol} (${assetClass}, ${currency}) has a multiplier of ${multiplier}; without one that is above 0 nothing says what a unit is worth.`,
    { details: { parameter: 'instrument' } },
  );
}

/** A run that stands otherwise than what is asked of it. */
export function conflict(id: string, state: string, what: string): RenataError {
  return new RenataError('CONFLICT', `run: ${id} is ${state} and cannot be ${what}.`, {
    details: { parameter: 'run' },
  });
}

/** A run whose strategy's code has ended can only be stopped. */
export function hasFailed(id: string): RenataError {
  return new RenataError(
    'CONFLICT',
    `run: the code of ${id} has failed and cannot go on; stop the run, mend the strategy and start it anew.`,
    { details: { parameter: 'run' } },
  );
}

/** The text in the journal is none that the run was begun with. */
export function otherText(id: string): RenataError {
  return new RenataError(
    'STORE_DAMAGED',
    `The strategy's text in the journal of the run ${id} is not the one that its hash was made of; see renata audit verify.`,
  );
}

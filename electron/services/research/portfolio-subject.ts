import { checkRange } from '../backtests.ts';
import {
  chooseLegs,
  notesOfEvents,
  readLegs,
  taskInstruments,
  type PortfolioRequest,
} from '../portfolio-runs.ts';
import type { LoadedStrategy } from '../strategies/library.ts';
import type { ResearchContext } from './context.ts';
import { hashOf } from './hash.ts';
import type { Subject, SubjectRequest } from './subject.ts';

/**
 * A strategy of several instruments with what it trades. Its bars are those of an equal part of each, at
 * every moment at which one of them has a bar: what cuts, compares and draws runs of one needs no more.
 * @throws RenataError BAD_INPUT or NOT_FOUND for the instruments
 */
export async function readPortfolioSubject(
  context: ResearchContext,
  request: SubjectRequest,
  { entry, program, hash }: LoadedStrategy,
): Promise<Subject> {
  const { store, compute } = context;
  const { datasetId, settings } = request;
  if (program === undefined) throw new Error('A strategy of several instruments is code.');
  const wanted: PortfolioRequest = { ...request, strategy: entry.id };
  const chosen = await chooseLegs(wanted, entry.instruments, { store });
  const { timeframe, currency, symbol } = chosen;
  const [first] = chosen.legs;
  if (first === undefined) throw new Error('There is at least one instrument.');
  const { firstTime, lastTime } = first.dataset.current;
  checkRange(request, first.dataset.id, timeframe, { firstTime, lastTime });
  const legs = await readLegs(chosen, wanted, context);
  const instruments = taskInstruments(legs, timeframe);
  const bars = await compute.run('portfolioBars', { currency, instruments }, {});
  const { calendar } = instruments[0] as (typeof instruments)[number];
  const reads = legs.map(({ name, contentHash, events, calendar: { name: hours } }) => ({
    name,
    contentHash,
    events: events ?? null,
    hours,
  }));
  return {
    run: {
      strategy: entry.id,
      settings,
      base: { bars, timeframe, calendar },
      program: { program, timeframe, calendar, others: {} },
      portfolio: { currency, instruments },
    },
    symbol,
    timeframe,
    datasetId,
    adjustment: request.adjustment,
    dataHash: hashOf(reads),
    strategyHash: hash,
    marketHash: '',
    notes: notesOfEvents(legs),
    title: entry.title,
    span: {
      from: Math.min(...legs.map(({ dataset }) => dataset.current.firstTime)),
      to: Math.max(...legs.map(({ dataset }) => dataset.current.lastTime)),
    },
  };
}

import { readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { JournalEntry } from '../../../../engine/ports/journal.ts';
import type {
  DriftReportView,
  LiveStrategyView,
} from '../../../../engine/protocol/live-strategy-schemas.ts';
import { sliceColumns } from '../../../../engine/series/columns.ts';
import { spx } from '../../engine/backtest/bars.ts';
import { markets, rotation } from '../../engine/live/portfolio-strategies.ts';
import { Floor, HERE } from './floor.ts';
import { PortfolioFloor } from './portfolio-floor.ts';

/** A run as it stood when it was stored. */
interface Stored {
  readonly view: LiveStrategyView;
  readonly report: DriftReportView;
}

/** A journal as the first version with runs of several instruments wrote it, and how its runs stood then. */
function stored(file: string) {
  const text = readFileSync(new URL(`data/${file}.jsonl`, import.meta.url), 'utf8');
  const [first, ...rest] = text.trim().split('\n');
  const entries = rest.map((line, i): JournalEntry => {
    const { kind, subject, body } = JSON.parse(line) as JournalEntry;
    return { kind, subject, body, sequence: i + 1, time: 0, hash: '' };
  });
  const { runs } = JSON.parse(first ?? '') as { readonly runs: readonly Stored[] };
  return { entries, runs };
}

/** What does not hang on the orders that a venue without a memory knows, nor on who is at work. */
function lasting(view: Stored['view']) {
  const instruments = view.instruments?.map((each) => ({ ...each, openOrders: 0 }));
  return { ...view, state: '', reason: '', openOrders: 0, instruments };
}

const COMMISSION = { percent: 0.05, perShare: 0, minimum: 1 } as const;
const BARS = sliceColumns(spx(), 300, 420);

describe('a run that a former version has stored', () => {
  it('of one instrument is as it was, in code that had failed as well', async () => {
    const { entries, runs } = stored('one');
    const floor = await Floor.open({
      bars: BARS,
      warmUp: 20,
      slippageBps: 2,
      commission: COMMISSION,
      before: { entries, next: 30 },
    });
    onTestFinished(() => floor.end());
    const about = vi.spyOn(floor.journal, 'about');
    const list = await floor.strategies.list();
    expect(list.map(({ state }) => state)).toEqual(['interrupted', 'stopped']);
    for (const { view, report } of runs) {
      expect(lasting(await floor.strategies.get(view.id))).toEqual(lasting(view));
      const { run, ...drift } = await floor.strategies.report(view.id);
      const { run: before, ...expected } = report;
      // As it came through JSON then.
      expect(JSON.parse(JSON.stringify(drift))).toEqual(expected);
      expect(lasting(run)).toEqual(lasting(before));
    }
    const [ended, failed] = runs as [Stored, Stored];
    expect(ended.view.fills).toBe(2);
    // What became of the one that is over was written down, and is not asked for again.
    expect(about.mock.calls.filter(([id]) => id === ended.view.id)).toHaveLength(2);
    await floor.close();
    await floor.start();
    const again = vi.spyOn(floor.journal, 'about');
    expect((await floor.strategies.list()).at(-1)).toEqual(list.at(-1));
    expect(again.mock.calls.map(([id]) => id)).toEqual([failed.view.id]);
    // The other one stays paused when it is resumed, and its code is not asked again.
    expect(await floor.strategies.resume(failed.view.id)).toMatchObject({ state: 'paused' });
    expect((await floor.strategies.get(failed.view.id)).reason).toBe(failed.view.reason);
    expect(floor.defects).toEqual([]);
  });

  it('of several instruments is as it was, and goes on', async () => {
    const { entries, runs } = stored('several');
    const floor = await PortfolioFloor.open({
      bars: markets(true),
      warmUp: 6,
      create: rotation,
      place: HERE,
      settings: { cash: 200_000, slippageBps: 2, commission: COMMISSION },
      before: { entries, next: 18 },
    });
    onTestFinished(() => floor.end());
    const [{ view, report }] = runs as [Stored];
    const { id } = view;
    expect(lasting(await floor.strategies.get(id))).toEqual(lasting(view));
    const { run, ...drift } = await floor.strategies.report(id);
    const { run: before, ...expected } = report;
    expect(JSON.parse(JSON.stringify(drift))).toEqual(expected);
    expect(lasting(run)).toEqual(lasting(before));
    expect(await floor.strategies.resume(id)).toMatchObject({ state: 'paused' });
    await floor.quiet();
    await floor.moment();
    expect(await floor.strategies.get(id)).toMatchObject({
      bars: view.bars + 1,
      reason: view.reason,
    });
    expect(floor.defects).toEqual([]);
  });
});

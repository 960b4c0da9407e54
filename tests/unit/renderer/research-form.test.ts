import { describe, expect, it } from 'vitest';
import { SMA_CROSS } from '../../../engine/backtest/strategies/sma-cross.ts';
import { DEFAULT_SETTINGS } from '../../../engine/domain/backtest.ts';
import {
  auditRequest,
  monteCarloRequest,
  sweepRequest,
  walkForwardRequest,
} from '../../../engine/protocol/research-schemas.ts';
import { METRIC_NAMES } from '../../../engine/sweep/metrics.ts';
import {
  entryOf,
  INITIAL_FORM,
  OBJECTIVES,
  parseForm,
  readAudit,
  readMonteCarlo,
  readSweep,
  readWalkForward,
  withEntry,
  type FormValues,
} from '../../../renderer/panels/research/form.ts';
import {
  axesKey,
  axesOf,
  INITIAL_VIEW,
  parseView,
  withAxis,
} from '../../../renderer/panels/research/view-state.ts';

const SUBJECT = {
  strategy: 'sma-cross',
  parameters: SMA_CROSS.parameters,
  datasetId: 'SPX.INDEX@1d',
  adjustment: 'raw',
  stored: 'raw',
} as const;

function requestOf<Request>(
  read: { readonly request: Request } | { readonly errors: object },
): Request {
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  return read.request;
}

describe('the form of a sweep', () => {
  it('can be sent as it stands at first, with two parameters varied', () => {
    const request = sweepRequest.parse(requestOf(readSweep(INITIAL_FORM, SUBJECT)));
    expect(request.ranges).toEqual({ fast: '5..20 step 1', slow: '15..60 step 5' });
    expect(request.fixed).toEqual({});
    expect(request.search).toEqual({ kind: 'grid' });
    expect(request.memoryBytes).toBe(512_000_000);
  });

  it('sends what was typed', () => {
    const [fast, slow] = SMA_CROSS.parameters;
    if (fast === undefined || slow === undefined)
      throw new Error('the strategy has two parameters');
    let form: FormValues = {
      ...INITIAL_FORM,
      search: 'random',
      count: '250',
      seed: '7',
      objective: 'formula',
      formula: ' if(trades >= 30, sharpe, -1) ',
      constraints: { 'sma-cross': ' fast < slow \n\n slow > 5 ' },
      start: '2005-01-31',
      size: '50',
    };
    form = { ...form, ...withEntry(form, SUBJECT, fast, { mode: 'list', list: '5, 10' }) };
    form = { ...form, ...withEntry(form, SUBJECT, slow, { mode: 'fixed', value: '200' }) };
    const request = sweepRequest.parse(requestOf(readSweep(form, SUBJECT)));
    expect(request).toMatchObject({
      ranges: { fast: '5, 10' },
      fixed: { slow: 200 },
      constraints: ['fast < slow', 'slow > 5'],
      search: { kind: 'random', count: 250, seed: 7 },
      objective: 'if(trades >= 30, sharpe, -1)',
      start: Date.UTC(2005, 0, 31),
      end: null,
    });
    expect(request.settings).toEqual({
      ...DEFAULT_SETTINGS,
      size: { kind: 'percent', percent: 50 },
    });
    // Another strategy keeps its own entries.
    expect(entryOf(form, { ...SUBJECT, strategy: 'other' }, slow).mode).toBe('range');
  });

  it('says which fields are wrong', () => {
    const [fast, slow] = SMA_CROSS.parameters;
    if (fast === undefined || slow === undefined)
      throw new Error('the strategy has two parameters');
    let form: FormValues = {
      ...INITIAL_FORM,
      search: 'adaptive',
      count: '200000',
      memory: '1',
      cash: 'x',
    };
    form = { ...form, ...withEntry(form, SUBJECT, fast, { mode: 'fixed', value: '1.5' }) };
    form = { ...form, ...withEntry(form, SUBJECT, slow, { mode: 'fixed' }) };
    const read = readSweep(form, SUBJECT);
    expect('errors' in read ? Object.keys(read.errors).toSorted() : []).toEqual([
      'cash',
      'count',
      'fast',
      'memory',
      'ranges',
    ]);
  });

  it('offers objectives that results have', () => {
    for (const { value } of OBJECTIVES) {
      if (value !== 'formula') expect(METRIC_NAMES).toContain(value);
    }
  });
});

describe('the other forms', () => {
  it('make walk-forward requests of all three kinds of windows', () => {
    const read = (part: Partial<FormValues>): unknown =>
      walkForwardRequest.parse(requestOf(readWalkForward({ ...INITIAL_FORM, ...part }, SUBJECT)))
        .windows;
    expect(read({})).toEqual({ by: 'dates', train: '3y', test: '1y', gap: '0d' });
    expect(read({ by: 'bars' })).toEqual({ by: 'bars', train: 750, test: 250, gap: 0 });
    expect(read({ by: 'count' })).toEqual({ by: 'count', windows: 8, ratio: 3 });
    const wrong = readWalkForward({ ...INITIAL_FORM, train: 'two years', gap: '' }, SUBJECT);
    expect('errors' in wrong ? Object.keys(wrong.errors) : []).toEqual(['train', 'gap']);
    const adaptive = requestOf(readWalkForward({ ...INITIAL_FORM, search: 'adaptive' }, SUBJECT));
    expect(adaptive.search).toEqual({ kind: 'grid' });
  });

  it('make simulations and audits of a run, and want one', () => {
    const simulated = requestOf(readMonteCarlo({ ...INITIAL_FORM, blockLength: '9' }, 'run-1'));
    expect(monteCarloRequest.parse(simulated)).toMatchObject({
      ruin: 0.5,
      blockLength: null,
      paths: 2_000,
    });
    const blocks = readMonteCarlo({ ...INITIAL_FORM, method: 'blocks', blockLength: '9' }, 'run-1');
    expect(requestOf(blocks).blockLength).toBe(9);
    expect(readMonteCarlo(INITIAL_FORM, null)).toHaveProperty('errors.run');
    const run = {
      strategy: 'sma-cross',
      parameters: { fast: 10, slow: 30 },
      datasetId: 'SPX.INDEX@1d',
      adjustment: 'raw' as const,
      start: null,
      end: null,
      settings: DEFAULT_SETTINGS,
    };
    const audit = auditRequest.parse(requestOf(readAudit(INITIAL_FORM, run)));
    expect(audit).toMatchObject({ universe: 'single', cuts: 8, run: { parameters: { fast: 10 } } });
    expect(readAudit(INITIAL_FORM, null)).toHaveProperty('errors.run');
  });
});

describe('what was saved', () => {
  it('comes back, also from an earlier version', () => {
    expect(parseForm(JSON.parse(JSON.stringify(INITIAL_FORM)))).toEqual(INITIAL_FORM);
    expect(parseForm({ strategy: 'rsi-reversion' })).toEqual({
      ...INITIAL_FORM,
      strategy: 'rsi-reversion',
    });
    expect(parseForm({ kind: 'chart' })).toBeUndefined();
    expect(parseForm({ cash: 5 })).toBeUndefined();
    expect(parseForm(null)).toBeUndefined();
  });

  it('of the view falls back field by field', () => {
    const view = {
      ...INITIAL_VIEW,
      open: 'r1',
      tab: 'rows',
      fold: 'mean',
      axes: { 'a b': { x: 'a', y: 'b' } },
    };
    expect(parseView(JSON.parse(JSON.stringify(view)))).toEqual(view);
    expect(parseView({ tab: 'x', fold: 1, open: 3, axes: { a: null } })).toEqual(INITIAL_VIEW);
    expect(parseView('x')).toBeUndefined();
  });
});

describe('the axes of the map', () => {
  const dimensions = [
    { name: 'fast', count: 16 },
    { name: 'both', count: 2 },
    { name: 'slow', count: 40 },
  ];

  it('are the two with the most values, until others are chosen', () => {
    expect(axesOf(dimensions, {})).toEqual({ x: 'fast', y: 'slow' });
    const key = axesKey(dimensions);
    expect(axesOf(dimensions, { [key]: { x: 'both', y: 'fast' } })).toEqual({
      x: 'both',
      y: 'fast',
    });
    expect(axesOf(dimensions, { [key]: { x: 'gone', y: 'fast' } })).toEqual({
      x: 'fast',
      y: 'slow',
    });
    expect(axesOf(dimensions.slice(0, 1), {})).toBeNull();
  });

  it('never are the same', () => {
    expect(withAxis({ x: 'fast', y: 'slow' }, 'x', 'slow')).toEqual({ x: 'slow', y: 'fast' });
    expect(withAxis({ x: 'fast', y: 'slow' }, 'y', 'both')).toEqual({ x: 'fast', y: 'both' });
  });
});

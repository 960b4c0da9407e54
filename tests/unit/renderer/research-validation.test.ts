import { describe, expect, it } from 'vitest';
import { SMA_CROSS } from '../../../engine/backtest/strategies/sma-cross.ts';
import {
  crossValidationRequest,
  randomEntryRequest,
  type CrossValidationFindings,
  type RandomEntryFindings,
  type RealityCheckFindings,
} from '../../../engine/protocol/research-schemas.ts';
import {
  INITIAL_FORM,
  parseForm,
  readCrossValidation,
  readRandomEntry,
} from '../../../renderer/panels/research/form.ts';
import {
  choiceText,
  foldsText,
  partsOf,
  pathsText,
} from '../../../renderer/panels/research/split-model.ts';
import { randomText, realityText } from '../../../renderer/panels/research/texts.ts';

const SUBJECT = {
  strategy: 'sma-cross',
  parameters: SMA_CROSS.parameters,
  datasetId: 'SPX.INDEX@1d',
  adjustment: 'raw',
  stored: 'raw',
} as const;

describe('the form of a cross-validation', () => {
  it('can be sent as it stands at first', () => {
    const read = readCrossValidation(INITIAL_FORM, SUBJECT);
    if ('errors' in read) throw new Error(JSON.stringify(read.errors));
    const request = crossValidationRequest.parse(read.request);
    expect(request).toMatchObject({ folds: 8, testFolds: 2, purge: null, embargo: 50 });
    expect(request.score).toBe('sharpe');
    expect('objective' in request).toBe(false);
  });

  it('is not held up by the formula of another kind, nor by an adaptive search', () => {
    const form = {
      ...INITIAL_FORM,
      objective: 'formula',
      formula: '',
      search: 'adaptive',
    } as const;
    const read = readCrossValidation({ ...form, purge: '30' }, SUBJECT);
    if ('errors' in read) throw new Error(JSON.stringify(read.errors));
    expect(read.request).toMatchObject({ purge: 30, search: { kind: 'grid' } });
  });

  it('says which field is wrong', () => {
    const wrong = { ...INITIAL_FORM, folds: '1', testFolds: '9', embargo: 'x', purge: '-1' };
    const read = readCrossValidation(wrong, SUBJECT);
    if (!('errors' in read)) throw new Error('it was taken');
    expect(Object.keys(read.errors).toSorted()).toEqual(['embargo', 'folds', 'purge', 'testFolds']);
  });

  it('forgets a score that there is not', () => {
    expect(parseForm({ ...INITIAL_FORM, score: 'luck' })).toBeUndefined();
    expect(parseForm({ kind: 'cross-validation' })?.folds).toBe('8');
  });

  it('compares a run only where there is one', () => {
    expect(readRandomEntry(INITIAL_FORM, null)).toEqual({
      errors: { run: 'Run a backtest first.' },
    });
    const read = readRandomEntry({ ...INITIAL_FORM, samples: '500' }, 'run-1');
    if ('errors' in read) throw new Error('it was refused');
    expect(randomEntryRequest.parse(read.request)).toEqual({
      runId: 'run-1',
      samples: 500,
      seed: 1,
    });
  });
});

describe('the picture of a split', () => {
  it('has the tests before the training and the embargo behind what is purged', () => {
    const test = [{ from: 40, to: 60 }];
    const train = [
      { from: 0, to: 35 },
      { from: 75, to: 100 },
    ];
    // 5 purged on both sides, 10 under embargo: 60..65 is purged, 65..75 under embargo.
    expect(partsOf({ test, train }, 100, 5, 10)).toEqual([
      { kind: 'embargo', left: 65, width: 10 },
      { kind: 'train', left: 0, width: 35 },
      { kind: 'train', left: 75, width: 25 },
      { kind: 'test', left: 40, width: 20 },
    ]);
  });

  it('ends with the bars', () => {
    const parts = partsOf({ test: [{ from: 190, to: 200 }], train: [] }, 200, 0, 30);
    expect(parts).toEqual([{ kind: 'test', left: 95, width: 5 }]);
    expect(foldsText({ groups: [0, 4] })).toBe('1, 5');
  });
});

describe('verdicts', () => {
  const findings = (belowMedian: number, ratios: readonly number[]) =>
    ({
      belowMedian,
      splits: ratios,
      paths: ratios.map((sharpe) => ({ sharpe })),
      benchmark: { sharpe: 0.3 },
      sharpe: {
        mean: ratios[0] ?? 0,
        negative: ratios.filter((ratio) => ratio < 0).length / ratios.length,
      },
    }) as unknown as CrossValidationFindings;

  it('of a choice follow how often it was below the median', () => {
    expect(choiceText(findings(0.6, [1, 2]))).toMatch(/^The choice does not carry over: in 60 %/);
    expect(choiceText(findings(0.3, [1, 2]))).toMatch(/^The choice carries over in part/);
    expect(choiceText(findings(0.1, [1, 2]))).toMatch(/^The choice carries over: in 10 %/);
    expect(choiceText(findings(Number.NaN, []))).toMatch(/^No combination/);
  });

  it('of paths count those that lose and those that beat buying and holding', () => {
    expect(pathsText(findings(0, [0.5, 0.2, -0.1]))).toBe(
      'Of 3 paths one loses; one has a better Sharpe ratio than buying and holding.',
    );
    expect(pathsText(findings(0, [0.1, 0.2]))).toBe(
      'Of 2 paths none loses; none has a better Sharpe ratio than buying and holding.',
    );
    expect(pathsText(findings(0, [0.42]))).toBe(
      'The one path has a Sharpe ratio of 0.42, buying and holding 0.30.',
    );
  });

  it('of a reality check follow the p-value', () => {
    const told = (spaConsistent: number, mean = 0.001) =>
      realityText(
        { strategies: 90, spaConsistent, best: { mean } } as RealityCheckFindings,
        'buy-and-hold',
      );
    expect(told(1, -0.001)).toMatch(/^None of 90 combinations made more than buying and holding/);
    expect(told(0.01)).toMatch(/^The best beats buying and holding by more .* 90 combinations/);
    expect(told(0.1)).toMatch(/^The best may beat/);
    expect(told(0.8)).toMatch(/^Nothing shows .* 80.0 % of the samples\.$/);
  });

  it('of random entries take the worse of both figures', () => {
    const told = (growth: number, sharpe: number) =>
      randomText({
        trades: 20,
        growth: { percentile: growth },
        sharpe: { percentile: sharpe },
      } as RandomEntryFindings);
    expect(told(0.97, 0.99)).toMatch(/worth something\.$/);
    expect(told(0.92, 0.99)).toMatch(/chance could have done as well\.$/);
    expect(told(0.92, 0.3)).toMatch(/no better than chance\.$/);
  });
});

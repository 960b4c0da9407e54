import { describe, expect, it } from 'vitest';
import { CATALOGUE, INDICATORS } from '../../../engine/indicators/registry.ts';
import { compileStudy } from '../../../engine/expressions/study.ts';
import type { Indicator } from '../../../renderer/client/store.ts';
import { parseStudies, reconcile } from '../../../renderer/panels/chart/saved-studies.ts';
import {
  arrange,
  chartDefaults,
  EMPTY,
  expressionOf,
  movePane,
  newStudy,
  resizePane,
  restoreStudy,
  studyOf,
  titleOf,
  withHeights,
  withoutStudy,
  withStudy,
  type Study,
  type StudyDocument,
} from '../../../renderer/panels/chart/study-model.ts';

type Source = Study['source'];
const ALL = INDICATORS as unknown as readonly Indicator[];
const named = (id: string): Indicator => {
  const found = ALL.find((indicator) => indicator.id === id);
  if (found === undefined) throw new Error(`no ${id}`);
  return found;
};

function documentOf(...ids: readonly string[]): StudyDocument {
  return ids.reduce((document, id) => withStudy(document, studyOf(named(id), document)), EMPTY);
}
const paneOf = (study: Study): 'overlay' | 'own' =>
  study.source.kind === 'indicator' && ['rsi', 'macd', 'atr'].includes(study.source.indicator)
    ? 'own'
    : 'overlay';
const layout = (document: StudyDocument): string[] =>
  arrange(document, paneOf).map(({ id, studies }) => `${id}:${studies.map((s) => s.id).join()}`);

describe('the expression of a study', () => {
  it('is a call with its parameters in order', () => {
    const study = studyOf(named('macd'), EMPTY);
    expect(expressionOf(study, named('macd'))).toBe('macd(12, 26, 9)');
    expect(titleOf(study, named('macd'))).toBe('MACD 12, 26, 9');
  });

  it('names the inputs that were changed', () => {
    const source = {
      kind: 'indicator',
      indicator: 'rsi',
      parameters: { timeperiod: 5 },
      inputs: { real: 'high - low' },
    } as const;
    const study = newStudy(source, EMPTY);
    expect(expressionOf(study, named('rsi'))).toBe('rsi(real = (high - low), timeperiod = 5)');
    expect(titleOf(study, named('rsi'))).toBe('RSI 5 high - low');
  });

  it('begins with the values that chart users know, which the catalogue takes', () => {
    expect(titleOf(studyOf(named('bbands'), EMPTY))).toBe('BBANDS 20, 2, 2');
    expect(expressionOf(studyOf(named('bbands'), EMPTY), named('bbands'))).toBe(
      'bbands(20, 2, 2, 0)',
    );
    expect(chartDefaults(named('stoch'))).toMatchObject({ fastk_period: 14, slowd_period: 3 });
    for (const indicator of ALL) {
      const names = indicator.parameters.map(({ name }) => name);
      expect(Object.keys(chartDefaults(indicator)), indicator.id).toEqual(names);
    }
  });

  it('compiles for every indicator with its defaults or demanded series, in the pane that it asks for', () => {
    for (const indicator of ALL) {
      const study = studyOf(indicator, EMPTY);
      // Two series that are compared are the user's to choose.
      const pair = indicator.demands.includes('real0');
      const inputs = { real0: 'close', real1: 'on("SPY", close)' };
      const chosen = pair ? { ...study, source: { ...study.source, inputs } as Source } : study;
      if (pair) {
        expect(() => compileStudy(expressionOf(study, indicator), CATALOGUE)).toThrow(
          `${indicator.id} needs its series: real0, real1`,
        );
      }
      const expression = expressionOf(chosen, indicator);
      const { description } = compileStudy(expression, CATALOGUE);
      expect(description.indicator, expression).toBe(indicator.id);
      expect(description.outputs.map(({ name }) => name)).toEqual(
        indicator.outputs.map(({ name }) => name),
      );
      expect(description.pane, expression).toBe(indicator.pane);
    }
  });
});

describe('panes', () => {
  it('put overlays on the price and give others one each', () => {
    expect(layout(documentOf('sma', 'rsi', 'ema', 'macd'))).toEqual([
      'price:s1,s3',
      's2:s2',
      's4:s4',
    ]);
  });

  it('move past each other and past the price', () => {
    let document = documentOf('sma', 'rsi', 'macd');
    const move = (id: string, by: -1 | 1): void => {
      document = movePane(document, arrange(document, paneOf), id, by);
    };
    move('s3', -1);
    expect(layout(document)).toEqual(['price:s1', 's3:s3', 's2:s2']);
    move('s3', -1);
    expect(layout(document)).toEqual(['s3:s3', 'price:s1', 's2:s2']);
    move('s3', -1);
    move('s2', 1);
    expect(layout(document)).toEqual(['s3:s3', 'price:s1', 's2:s2']);
  });

  it('keep their place when another study goes, and a new one comes last', () => {
    let document = documentOf('rsi', 'macd', 'atr');
    document = movePane(document, arrange(document, paneOf), 's3', -1);
    document = withoutStudy(document, 's1');
    expect(layout(document)).toEqual(['price:', 's3:s3', 's2:s2']);
    document = withStudy(document, studyOf(named('rsi'), document));
    expect(layout(document).at(-1)).toMatch(/^s\d:s\d$/);
    expect(new Set(document.studies.map(({ id }) => id)).size).toBe(3);
  });

  it('can be shared, and a pane whose first study goes stays', () => {
    const document = documentOf('rsi', 'macd');
    const [first, second] = document.studies as [Study, Study];
    const joined = { ...document, studies: [first, { ...second, pane: first.id }] };
    expect(layout(joined)).toEqual(['price:', 's1:s1,s2']);
    expect(layout(withoutStudy(joined, 's1'))).toEqual(['price:', 's1:s2']);
  });

  it('have heights that keys and the mouse change', () => {
    const document = documentOf('rsi', 'macd');
    const before = arrange(document, paneOf);
    expect(before.map(({ height }) => height)).toEqual([3, 1, 1]);
    const higher = arrange(resizePane(document, before, 's1', 1.5), paneOf);
    expect(higher.map(({ height }) => height)).toEqual([3, 1.5, 1]);
    const least = arrange(resizePane(document, before, 's1', 0.001), paneOf);
    expect(least[1]?.height).toBeCloseTo(0.25, 10);
    const pixels = new Map([
      ['price', 200],
      ['s1', 120],
      ['s2', 80],
    ]);
    const dragged = arrange(withHeights(document, before, pixels), paneOf);
    expect(dragged.map(({ height }) => height)).toEqual([2, 1.2, 0.8]);
  });
});

describe('a study that was removed', () => {
  it('comes back to its place, under another id when its own was given away', () => {
    const document = documentOf('sma', 'rsi', 'ema');
    const [first] = document.studies as [Study];
    const without = withoutStudy(document, 's1');
    expect(restoreStudy(without, first, 0)).toEqual(document);
    const taken = { ...without, studies: [...without.studies, { ...first, hidden: true }] };
    const ids = restoreStudy(taken, first, 1).studies.map(({ id }) => id);
    expect(ids.slice(0, 1)).toEqual(['s2']);
    expect(new Set(ids).size).toBe(4);
  });
});

describe('colours', () => {
  it('are those that the fewest studies have', () => {
    const document = documentOf('sma', 'ema', 'rsi');
    expect(document.studies.map(({ colour }) => colour)).toEqual([1, 2, 3]);
    const without = withoutStudy(document, 's2');
    expect(studyOf(named('wma'), without).colour).toBe(2);
  });
});

describe('saved studies', () => {
  it('come back as they were saved', () => {
    const first = documentOf('sma', 'rsi');
    const [sma, rsi] = first.studies as [Study, Study];
    const document: StudyDocument = {
      ...first,
      studies: [
        { ...sma, looks: { sma: { colour: '#aabbcc', width: 3, style: 'area', hidden: true } } },
        { ...rsi, pane: 'price', hidden: true },
        newStudy({ kind: 'expression', expression: 'close[1]', parameters: { n: 2 } }, first),
      ],
      panes: [
        { id: 's9', height: 1.25 },
        { id: 'price', height: 3 },
      ],
    };
    const stored: unknown = JSON.parse(JSON.stringify(document));
    expect(parseStudies(stored)).toEqual({ document, dropped: [] });
    expect(reconcile({ document, dropped: [] }, ALL)).toEqual({ document, dropped: [] });
  });

  it('of the first version are carried over', () => {
    const saved = parseStudies([
      { indicator: 'sma', parameters: { timeperiod: 10 } },
      { indicator: 'macd', parameters: {} },
    ]);
    const { document, dropped } = reconcile(saved ?? { document: EMPTY, dropped: [] }, ALL);
    expect(dropped).toEqual([]);
    expect(document.studies.map((study) => expressionOf(study, named('sma')))).toEqual([
      'sma(10)',
      'macd(30)',
    ]);
  });

  it.each([
    ['nothing', null, undefined],
    ['a number', 7, /another version/],
    ['a later version', { version: 3, studies: [] }, /another version/],
    ['no list', { version: 2, studies: {} }, /another version/],
  ])('that are %s', (_name, stored, told) => {
    const saved = parseStudies(stored);
    if (told === undefined) expect(saved).toBeUndefined();
    else expect(saved).toEqual({ document: EMPTY, dropped: [expect.stringMatching(told)] });
  });

  it('that are broken or unknown are left out by name, and the others stay', () => {
    const good = { id: 's1', source: { kind: 'expression', expression: 'close', parameters: {} } };
    const indicator = (name: string, parameters: unknown, inputs = {}) => ({
      id: `x${name.length}`,
      pane: null,
      source: { kind: 'indicator', indicator: name, parameters, inputs },
    });
    const saved = parseStudies({
      version: 2,
      studies: [
        {
          ...good,
          pane: null,
          colour: 99,
          looks: { value: { colour: 'red', width: 9, style: 'x' } },
        },
        { ...good, pane: null },
        { ...good, id: '../../etc', pane: null },
        indicator('gone', {}),
        indicator('sma', { timeperiod: 0 }),
        indicator('rsi4', null),
        { ...indicator('rsi', { timeperiod: 14 }, { volume: 'close' }), id: 'y' },
        'text',
      ],
      panes: [{ id: 'price', height: 2 }, { id: 'price', height: 3 }, { id: 's1', height: 0 }, 4],
    });
    const { document, dropped } = reconcile(saved ?? { document: EMPTY, dropped: [] }, ALL);
    expect(document.studies).toEqual([
      { ...good, colour: 3, looks: { value: {} }, pane: null, hidden: false },
    ]);
    expect(document.panes).toEqual([{ id: 'price', height: 2 }]);
    expect(dropped.toSorted()).toEqual([
      'GONE: there is no such indicator',
      'RSI 14 close: it has no input volume',
      expect.stringMatching(/^SMA 0: .*timeperiod/),
      'a study: cannot be read',
      'close: cannot be read',
      'close: cannot be read',
      'rsi4: cannot be read',
    ]);
  });

  it('are never more than a chart takes', () => {
    const one = { indicator: 'sma', parameters: { timeperiod: 3 } };
    expect(parseStudies(Array.from({ length: 500 }, () => one))?.document.studies).toHaveLength(40);
  });
});

import { describe, expect, it } from 'vitest';
import { EMPTY_DRAFT, NEW_PARAMETER, type Draft } from '../../../renderer/panels/strategy/draft.ts';
import {
  copyOf,
  isDirty,
  isEditable,
  newDocument,
  openText,
  parseState,
  textIn,
  typedIn,
  withDraft,
  withText,
  type Opened,
} from '../../../renderer/panels/strategy/editor-state.ts';
import {
  allProblems,
  asError,
  fieldOf,
  localProblems,
  textAt,
  type CheckProblem,
} from '../../../renderer/panels/strategy/problems.ts';
import { groupsOf } from '../../../renderer/panels/strategy/list-model.ts';
import type { Strategy } from '../../../renderer/client/store.ts';

const TEXT = '# mine\nname: A\ndescription: ""\nversion: 1\nentry:\n  long: close > 1\n';

function opened(text = TEXT, origin: Opened['origin'] = 'user'): Opened {
  return openText({ id: 'a', origin, language: 'yaml', hash: 'f'.repeat(64), text });
}

describe('the strategy that is open', () => {
  it('is changed by the form and by the text alike', () => {
    const byForm = withDraft(opened(), { entryLong: 'close > 2' });
    expect(byForm.text).toBe(TEXT.replace('> 1', '> 2'));
    expect(isDirty(byForm)).toBe(true);
    const byText = withText(opened(), byForm.text);
    expect(byText.draft).toEqual(byForm.draft);
    expect(isDirty(withDraft(byForm, { entryLong: 'close > 1' }))).toBe(false);
  });

  it('keeps its form while the text cannot be read', () => {
    const broken = withText(opened(), 'name: [');
    expect(broken.problem?.line).toBe(1);
    expect(broken.draft.name).toBe('A');
    expect(isDirty(broken)).toBe(true);
    const mended = withText(broken, TEXT);
    expect(mended.problem).toBeNull();
    expect(isDirty(mended)).toBe(false);
  });

  it('can be typed as JSON and stays YAML with its comments', () => {
    const json = textIn(opened(), 'json');
    expect(JSON.parse(json)).toMatchObject({ name: 'A', entry: { long: 'close > 1' } });
    const typed = typedIn(opened(), json.replace('> 1', '> 3'), 'json');
    expect(typed.text).toBe(TEXT.replace('> 1', '> 3'));
    const half = typedIn(opened(), '{"name": "B"', 'json');
    expect(half.problem).not.toBeNull();
    expect(textIn(half, 'json')).toBe('{"name": "B"');
  });

  it('is only the user’s to change', () => {
    expect(isEditable(opened())).toBe(true);
    const example = opened(TEXT, 'example');
    expect(isEditable(example)).toBe(false);
    expect(isDirty({ ...example, text: 'x' })).toBe(false);
    const code = openText({ id: 'c', origin: 'user', language: null, hash: null, text: 'let x' });
    expect(isEditable(code)).toBe(false);
    expect(code.problem).toBeNull();
  });

  it('is copied with its comments under another name, without a file', () => {
    const copy = copyOf(opened(TEXT, 'example'));
    expect(copy).toMatchObject({ id: null, origin: 'user', hash: null });
    expect(copy.text).toBe(TEXT.replace('name: A', 'name: A copy'));
    expect(isDirty(copy)).toBe(true);
    const long = opened(TEXT.replace('name: A', `name: ${'n'.repeat(64)}`));
    expect(copyOf(long).draft.name.length).toBe(64);
  });

  it('begins as an empty document that holds no change', () => {
    expect(isDirty(newDocument())).toBe(false);
    expect(isDirty(withDraft(newDocument(), { name: 'x' }))).toBe(true);
  });
});

describe('what a window left behind', () => {
  const roundTrip = (state: unknown): ReturnType<typeof parseState> =>
    parseState(JSON.parse(JSON.stringify(state)));

  it('comes back, changes that are not saved too', () => {
    const state = { opened: withDraft(opened(), { entryLong: 'x <' }), view: 'yaml' as const };
    expect(roundTrip(state)).toEqual(state);
    expect(roundTrip({ opened: null, view: 'form' })).toEqual({ opened: null, view: 'form' });
  });

  it('comes back half filled', () => {
    const parameters = [{ ...NEW_PARAMETER, name: 'n', default: '1x' }];
    const half = withDraft(newDocument(), { parameters });
    expect(roundTrip({ opened: half, view: 'form' })?.opened?.draft).toEqual(half.draft);
    const broken = withText(opened(), 'name: [');
    expect(roundTrip({ opened: broken, view: 'yaml' })?.opened?.problem).toEqual(broken.problem);
  });

  it.each([null, 7, 'x', {}, { view: 'graph' }, [], { opened: 3 }])(
    'is left alone when it is none: %j',
    (stored) => {
      expect(parseState(stored)?.opened ?? null).toBeNull();
    },
  );

  it('is nothing where its parts are of other kinds', () => {
    const good = opened();
    for (const part of [{ id: 3 }, { origin: 'web' }, { language: 'xml' }, { text: null }]) {
      expect(parseState({ opened: { ...good, ...part }, view: 'form' })?.opened).toBeNull();
    }
    const odd = parseState({ opened: { ...good, draft: { name: 1 } }, view: 'form' });
    expect(odd?.opened?.draft).toEqual(good.draft);
  });
});

const draft: Draft = {
  ...EMPTY_DRAFT,
  name: 'A',
  parameters: [
    { ...NEW_PARAMETER, name: 'fast', default: '10', min: '2', max: '50' },
    { ...NEW_PARAMETER, name: 'slow', default: '30', min: '2', max: '99' },
  ],
  constraints: ['', 'fast < slow'],
  define: [{ name: 'line', expression: 'sma(close, fast)' }],
  entryLong: 'close > line',
  stopLoss: { ...EMPTY_DRAFT.stopLoss, kind: 'atr', atr: '2', period: '14' },
  timeStop: 'fast',
  sizing: { ...EMPTY_DRAFT.sizing, kind: 'riskPercent', amount: '1' },
  filters: { ...EMPTY_DRAFT.filters, when: 'close > 1' },
  plot: [{ name: 'a.b', expression: 'line' }],
};

function problem(path: string, message = 'wrong'): CheckProblem {
  return { path, message, column: null, endColumn: null, suggestion: null };
}

describe('problems', () => {
  it.each([
    ['entry.long', 'entry.long', 'close > line'],
    ['parameters.slow', 'parameters[1].name', ''],
    ['parameters.slow.min', 'parameters[1].min', ''],
    ['parameters.gone', 'parameters', ''],
    ['define.line', 'define[0].expression', 'sma(close, fast)'],
    ['plot.a.b', 'plot[0].expression', 'line'],
    ['constraints.0', 'constraints[1]', 'fast < slow'],
    ['stops.stopLoss.atr', 'stops.stopLoss.atr', '2'],
    ['stops.timeStop', 'stops.timeStop', 'fast'],
    ['sizing.riskPercent', 'sizing.amount', '1'],
    ['filters.when', 'filters.when', 'close > 1'],
    ['sizing', 'sizing', ''],
  ])('of %s are shown at %s', (path, field, text) => {
    expect(fieldOf(path, draft)).toBe(field);
    expect(textAt(draft, field)).toBe(text);
  });

  it('of the form itself are told before anything is checked', () => {
    expect(localProblems(draft)).toEqual([]);
    const wrong: Draft = {
      ...draft,
      name: ' ',
      parameters: [
        ...draft.parameters,
        { ...NEW_PARAMETER, name: 'FAST', default: 'x', min: '1', max: '2', step: '0' },
        { ...NEW_PARAMETER, default: '1', min: '1', max: '2' },
      ],
      define: [{ name: 'slow', expression: '' }],
    };
    expect(localProblems(wrong).map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'name: Give the strategy a name.',
      'parameters[2].name: FAST is there twice.',
      'parameters[2].default: default: a number.',
      'parameters[2].step: step: a number above 0.',
      'parameters[3].name: Give it a name.',
      'define[0].name: slow is there twice.',
      'define[0].expression: Write an expression.',
    ]);
  });

  it('are amounts that were not written', () => {
    const stop = (kind: 'percent' | 'price', part = {}) => ({
      ...EMPTY_DRAFT.stopLoss,
      kind,
      ...part,
    });
    const wrong: Draft = {
      ...draft,
      stopLoss: stop('percent'),
      takeProfit: stop('price'),
      trailing: stop('price', { short: 'high' }),
      sizing: { ...EMPTY_DRAFT.sizing, kind: 'notional' },
    };
    expect(localProblems(wrong).map(({ field, message }) => `${field}: ${message}`)).toEqual([
      'stops.stopLoss.percent: Write an amount.',
      'stops.takeProfit.long: Write a price.',
      'sizing.amount: Write an amount.',
    ]);
    const further = [problem('stops.takeProfit.price'), problem('sizing.notional')];
    expect(allProblems(wrong, further).length).toBe(3);
  });

  it('are told once for a row', () => {
    const wrong = { ...draft, define: [{ name: 'line', expression: '' }] };
    const found = allProblems(wrong, [problem('define.line'), problem('entry.long', 'other')]);
    expect(found.map(({ field, message }) => [field, message])).toEqual([
      ['define[0].expression', 'Write an expression.'],
      ['entry.long', 'other'],
    ]);
  });

  it('carry their place for the display of errors', () => {
    const [found] = allProblems(draft, [
      { ...problem('entry.long'), column: 9, endColumn: 12, suggestion: 'rsi' },
    ]);
    expect(found).toBeDefined();
    if (found !== undefined) {
      expect(asError(found).details).toEqual({ column: 9, endColumn: 12, suggestion: 'rsi' });
    }
  });
});

describe('the list of strategies', () => {
  const strategy = (id: string, origin: Strategy['origin'], title = id): Strategy => ({
    id,
    title,
    description: `About ${id}`,
    parameters: [],
    origin,
    kind: 'rules',
    file: null,
    source: null,
    instruments: [],
    timeframe: null,
    trusted: false,
    error: null,
  });
  const all = [
    strategy('sma-cross', 'built-in', 'SMA cross'),
    strategy('rsi2', 'example', 'RSI(2) reversion'),
    strategy('mine', 'user', 'My cross'),
  ];

  it('has the user’s own first and is searched by every word', () => {
    const shown = (search: string): unknown =>
      groupsOf(all, search).map((group) => [group.title, group.strategies.map(({ id }) => id)]);
    expect(shown('')).toEqual([
      ['Yours', ['mine']],
      ['Examples', ['rsi2']],
      ['Built-in', ['sma-cross']],
    ]);
    expect(shown(' CROSS ')).toEqual([
      ['Yours', ['mine']],
      ['Built-in', ['sma-cross']],
    ]);
    expect(shown('cross sma')).toEqual([['Built-in', ['sma-cross']]]);
    expect(shown('nothing')).toEqual([]);
  });
});

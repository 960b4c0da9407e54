import { describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../../engine/domain/backtest.ts';
import { createRunTitles } from '../../../electron/services/run-titles.ts';
import type { LibraryEntry } from '../../../electron/services/strategies/library.ts';

const entry = (id: string, title: string, error: LibraryEntry['error'] = null): LibraryEntry => ({
  id,
  title,
  description: '',
  parameters: [],
  origin: 'user',
  kind: 'rules',
  file: `${id}.yaml`,
  source: null,
  instruments: [],
  timeframe: null,
  trusted: false,
  error,
});
const request = (strategy: string) => ({
  strategy,
  parameters: {},
  datasetId: 'SPX.INDEX@1d',
  adjustment: 'raw' as const,
  start: null,
  end: null,
  settings: DEFAULT_SETTINGS,
});

describe('the title of a run', () => {
  let asked = 0;
  const titleOf = createRunTitles({
    list: async () => {
      asked += 1;
      return [
        entry('mine', 'Turtle breakout'),
        entry('broken', 'broken', { message: 'no end', line: 3, column: 1 }),
      ];
    },
  });

  it('is the one it ran under, whatever the strategy is called by now', async () => {
    const run = { request: request('mine'), strategyTitle: 'Donchian breakout' };
    expect(await titleOf(run)).toBe('Donchian breakout');
    expect(asked).toBe(0);
  });

  it('is that of the strategy for runs of earlier versions, and the id once it is gone', async () => {
    expect(await titleOf({ request: request('mine') })).toBe('Turtle breakout');
    expect(await titleOf({ request: request('gone') })).toBe('gone');
    expect(await titleOf({ request: request('broken') })).toBe('broken');
    expect(asked).toBe(3);
  });
});

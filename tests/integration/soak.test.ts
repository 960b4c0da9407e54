import { describe, expect, it } from 'vitest';
import { run as day } from '../soak/day.ts';
import { run as fuzz } from '../soak/fuzz.ts';

/** Short forms of `npm run soak`, which takes minutes. */
describe('what lasts', () => {
  it('takes 20,000 malformed messages at every border without harm', async () => {
    const figures = await fuzz(20_000, 11);
    expect(figures.map(({ border }) => border)).toEqual([
      'alpaca',
      'interactive-brokers',
      'contract',
      'csv',
      'yahoo',
    ]);
    expect(figures.reduce((sum, { messages }) => sum + messages, 0)).toBe(20_000);
    // Some are sound after all: else the fuzz would not come further than the first look.
    for (const { border, taken } of figures) expect([border, taken > 0]).toEqual([border, true]);
  });

  it('trades an hour of an accelerated day with level memory, handles and event loop', async () => {
    // What other programs take of the processor only ever adds to the delay: one of two days has to be level.
    const quarters = await day(12).catch(() => day(12));
    expect(quarters).toHaveLength(4);
    expect(quarters.at(-1)?.fills).toBeGreaterThan(0);
  });
});

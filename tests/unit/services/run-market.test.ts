import { describe, expect, it } from 'vitest';
import { noteOfJumps, notesOfVolume } from '../../../electron/services/run-market.ts';

const bars = (...volume: number[]) => ({ volume: Float64Array.from(volume) });

describe('notes of bars without volume', () => {
  it('say what does not fill and what pays no slippage', () => {
    expect(notesOfVolume({ volumeLimit: 0.1 }, bars(5, 0, Number.NaN, 7))).toEqual([
      '2 of 4 bars have no volume, so that nothing fills on them.',
    ]);
    const slippage = { kind: 'volume-share', coefficient: 0.1 } as const;
    expect(notesOfVolume({ slippage, volumeLimit: 0.1 }, bars(0, 5))).toEqual([
      '1 of 2 bars have no volume, so that nothing fills on them and fills on them pay no slippage.',
    ]);
  });

  it('are silent where volume does not matter or is there', () => {
    expect(notesOfVolume({ slippage: { kind: 'bps', bps: 5 } }, bars(0, 0))).toEqual([]);
    expect(notesOfVolume({ volumeLimit: 0.1 }, bars(1, 2))).toEqual([]);
  });

  it('count a mean over bars as none only where no bar has any', () => {
    const slippage = { kind: 'square-root', coefficient: 1, window: 20 } as const;
    expect(notesOfVolume({ slippage }, bars(0, 5))).toEqual([]);
    expect(notesOfVolume({ slippage }, bars(0, 0))).toHaveLength(1);
  });
});

describe('the note of splits that nobody books', () => {
  it('names each instrument with how many there are', () => {
    expect(noteOfJumps([{ name: 'AAPL.LOCAL', jumps: 1 }])).toMatch(
      /^A split in this range \(1 of AAPL\.LOCAL\) counts as a gain or loss: /,
    );
    expect(
      noteOfJumps([
        { name: 'EEM', jumps: 2 },
        { name: 'QQQ', jumps: 1 },
      ]),
    ).toMatch(/^Splits in this range \(2 of EEM, 1 of QQQ\) count as gains or losses: /);
  });
});

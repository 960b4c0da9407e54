import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parseMarket, parseViews, readOpinions, viewsOfBar } from '../../../electron/cli/views.ts';

const folder = mkdtempSync(join(tmpdir(), 'renata-views-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ASSETS = ['GER', 'FRA', 'UKX', 'USA'];
const MARKET = [0.1, 0.06, 0.14, 0.7];

describe('market weights', () => {
  it('are scaled to sum to 1, in the order of the symbols', () => {
    expect(parseMarket('usa=70, GER=10,FRA=6;UKX=14', ASSETS)).toEqual(MARKET);
    expect(parseMarket('GER=1%,FRA=0,UKX=0,USA=3%', ASSETS)).toEqual([0.25, 0, 0, 0.75]);
  });

  it('may be the lines of a file', () => {
    const file = join(folder, 'market.txt');
    writeFileSync(file, '# trillions\nGER 1\nFRA 0.6\nUKX 1.4\n\nUSA 7 # all of it\n');
    parseMarket(file, ASSETS).forEach((weight, i) =>
      expect(weight).toBeCloseTo(MARKET[i] ?? 0, 15),
    );
  });

  it('say what is wrong with them', () => {
    expect(() => parseMarket('GER=1,FRA=1,UKX=1', ASSETS)).toThrow(/no weight of USA/);
    expect(() => parseMarket('GER=1,FRA=1,UKX=1,USB=1', ASSETS)).toThrow(/USB .* mean USA\?/);
    expect(() => parseMarket('GER=x', ASSETS)).toThrow(/"GER=x" is not a weight/);
    expect(() => parseMarket('GER=1,GER=2', ASSETS)).toThrow(/twice/);
    expect(() => parseMarket('GER=0,FRA=0,UKX=0,USA=0', ASSETS)).toThrow(/above 0/);
    expect(() => parseMarket('GER=-1,FRA=0,UKX=0,USA=0', ASSETS)).toThrow(/not a weight/);
  });
});

describe('views', () => {
  it('are absolute or between groups, which are weighted by the market', () => {
    expect(parseViews('usa returns 4.5%', ASSETS, MARKET)).toEqual([
      { weights: { USA: 1 }, expected: 0.045, text: 'usa returns 4.5%' },
    ]);
    const [view] = parseViews('GER beats FRA, UKX by 5% confidence 60%', ASSETS, MARKET);
    // 0.06 and 0.14 of 0.2.
    expect(view?.weights['GER']).toBe(1);
    expect(view?.weights['FRA']).toBeCloseTo(-0.3, 15);
    expect(view?.weights['UKX']).toBeCloseTo(-0.7, 15);
    expect(view).toMatchObject({ expected: 0.05, confidence: 0.6 });
  });

  it('are parted by semicolons or lines of a file, and told a bar', () => {
    const file = join(folder, 'views.txt');
    writeFileSync(file, 'GER returns -2%\n# no opinion on France\nUSA beats GER by 1%\n');
    const read = parseViews(file, ASSETS, MARKET);
    expect(read).toEqual(parseViews('GER returns -2%; USA beats GER by 1%', ASSETS, MARKET));
    expect(viewsOfBar(read, 252).map(({ expected }) => expected * 252)).toEqual([-0.02, 0.01]);
  });

  it('say what is wrong with them', () => {
    const read = (text: string) => () => parseViews(text, ASSETS, MARKET);
    expect(read('GER will win')).toThrow(/"GER will win" is not a view; write/);
    expect(read('GER returns 4')).toThrow(/"4" in "GER returns 4" is not a percentage/);
    expect(read('GERR returns 4%')).toThrow(/GERR is not among .* mean GER\?/);
    expect(read('GER beats GER by 1%')).toThrow(/names GER twice/);
    expect(read('GER returns 4% confidence 0%')).toThrow(/confidence/);
    expect(read('GER returns 4% confidence 101%')).toThrow(/confidence/);
    expect(read(' ; ')).toThrow(/there is none/);
    expect(() => parseViews('USA beats GER,FRA by 1%', ASSETS, [0, 0, 0.5, 0.5])).toThrow(
      /without any market weight/,
    );
  });

  it('belong to one method, which needs the market', () => {
    const given = { method: 'black-litterman', market: 'GER=10,FRA=6,UKX=14,USA=70' };
    expect(readOpinions(given, ASSETS)).toEqual({ market: MARKET, views: [] });
    expect(readOpinions({ method: 'risk-parity' }, ASSETS)).toBeNull();
    expect(() => readOpinions({ method: 'black-litterman' }, ASSETS)).toThrow(/needs --market/);
    expect(() => readOpinions({ method: 'risk-parity', views: 'x' }, ASSETS)).toThrow(
      /--views goes/,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { compare, decimal, isMultiple } from '../../../../engine/domain/decimal.ts';
import type { OrderCheck, RiskCheck } from '../../../../engine/protocol/live-schemas.ts';
import {
  groupDigits,
  groupedWords,
  moneyDigits,
  numberFault,
  onTick,
  quotedPrice,
  readDecimal,
  signedDigits,
  stepPrice,
  tickAt,
} from '../../../../renderer/components/trading/decimals.ts';
import { clockText, countdown, symbolOf } from '../../../../renderer/components/trading/words.ts';
import { byWorth, toneOf } from '../../../../renderer/components/trading/cells.tsx';
import {
  barWidth,
  headroomRows,
  quietPasses,
  shortFigure,
  sizeOffered,
  sizeToTake,
} from '../../../../renderer/panels/ticket/headroom-model.ts';
import { fc } from '../../../support/properties.ts';

const BANDS = [
  { from: '0', tickSize: '0.0001' },
  { from: '1', tickSize: '0.01' },
  { from: '100', tickSize: '0.05' },
];

describe('typed numbers', () => {
  it('are taken as they are, or refused with what is wrong', () => {
    expect(readDecimal(' 1250.50 ')).toBe('1250.5');
    expect(readDecimal('.5')).toBe('0.5');
    expect(readDecimal('1e3')).toBeUndefined();
    expect(numberFault('')).toBe('Give a number.');
    expect(numberFault('1,250')).toContain('without commas');
    expect(numberFault('12')).toBeUndefined();
  });
});

describe('ticks', () => {
  it('follow the bands of the price', () => {
    expect(tickAt(BANDS, decimal('0.99'))).toBe('0.0001');
    expect(tickAt(BANDS, decimal('1'))).toBe('0.01');
    expect(tickAt(BANDS, decimal('-250'))).toBe('0.05');
  });

  it('step to the next price of the market, over the borders of bands', () => {
    const from = (text: string, steps: number): string => stepPrice(decimal(text), BANDS, steps);
    expect(from('50', 1)).toBe('50.01');
    expect(from('50.005', 1)).toBe('50.01');
    expect(from('50.005', -1)).toBe('50');
    expect(from('99.99', 2)).toBe('100.05');
    expect(from('100', -1)).toBe('99.99');
    expect(from('1', -1)).toBe('0.9999');
    expect(from('0.9999', 1)).toBe('1');
    expect(from('50', 10)).toBe('50.1');
    expect(from('50', 0)).toBe('50');
  });

  it('are stood on by every price that was stepped to, and a step back undoes a step', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 20_000, max: 5_000_000 }),
        fc.integer({ min: 1, max: 30 }),
        (units, steps) => {
          const start = onTick(decimal((units / 10_000).toFixed(4)), BANDS);
          const up = stepPrice(start, BANDS, steps);
          expect(isMultiple(up, tickAt(BANDS, up))).toBe(true);
          expect(compare(up, start)).toBeGreaterThan(0);
          expect(stepPrice(up, BANDS, -steps)).toBe(start);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('clean the noise off doubles of quotes', () => {
    expect(quotedPrice(0.1 + 0.2, [{ from: '0', tickSize: '0.01' }])).toBe('0.3');
    expect(quotedPrice(245.55999999999997, BANDS)).toBe('245.55');
    expect(quotedPrice(null, BANDS)).toBeUndefined();
    expect(quotedPrice(Number.NaN, BANDS)).toBeUndefined();
  });
});

describe('digits', () => {
  it('are grouped, and none is lost', () => {
    expect(groupDigits('1234567.891')).toBe('1,234,567.891');
    expect(groupDigits('-1234.5', 2)).toBe('-1,234.50');
    expect(groupDigits('999', 2)).toBe('999.00');
    expect(groupDigits('0.000000000123456789')).toBe('0.000000000123456789');
  });

  it('have a sign where they are above or below nothing', () => {
    expect(signedDigits('12.5', 2)).toBe('+12.50');
    expect(signedDigits('-12.5', 2)).toBe('-12.50');
    expect(signedDigits('0', 2)).toBe('0.00');
  });

  it('of money are whole cents, and less than a cent is told exactly', () => {
    expect(moneyDigits('1.0005')).toBe('1.00');
    expect(moneyDigits('36835.5')).toBe('36,835.50');
    expect(moneyDigits('-24380555.495')).toBe('-24,380,555.50');
    expect(moneyDigits('0.00042')).toBe('0.00042');
    expect(moneyDigits('0')).toBe('0.00');
    expect(moneyDigits('n/a')).toBe('n/a');
  });

  it('have a colour by their sign', () => {
    expect([toneOf('0.01'), toneOf('-3'), toneOf('0'), toneOf(null)]).toEqual([
      'up',
      'down',
      'muted',
      'muted',
    ]);
  });

  it('are sorted by worth, what is missing last either way', () => {
    const list: (string | null)[] = ['9', null, '10', '-2'];
    const sorted = (descending: boolean): (string | null)[] =>
      list.toSorted((a, b) => byWorth(a, b, null, null, descending) * (descending ? -1 : 1));
    expect(sorted(false)).toEqual(['-2', '9', '10', null]);
    expect(sorted(true)).toEqual(['10', '9', '-2', null]);
  });
});

describe('times', () => {
  it('name the day only where it is another', () => {
    const now = Date.UTC(2026, 10, 25, 14);
    expect(clockText(Date.UTC(2026, 10, 25, 9, 3, 7), now)).toBe('09:03:07');
    expect(clockText(Date.UTC(2026, 10, 24, 23, 59, 59), now)).toBe('11-24 23:59:59');
  });

  it('count down to the second, and end', () => {
    expect(countdown(42_000, 0)).toBe('0:42');
    expect(countdown(61_001, 0)).toBe('1:02');
    expect(countdown(3 * 3_600_000 + 5 * 60_000, 0)).toBe('3:05:00');
    expect(countdown(0, 0)).toBe('');
    expect(countdown(-5, 0)).toBe('');
  });

  it('leave symbols with points whole', () => {
    expect(symbolOf('BRK.B.XNYS')).toBe('BRK.B');
    expect(symbolOf('ACME')).toBe('ACME');
  });
});

const check = (part: Partial<RiskCheck>): RiskCheck => ({
  code: 'MAX_ORDER_NOTIONAL',
  title: 'Order value',
  scope: 'global',
  passed: true,
  limit: '250000 USD',
  value: '25000 USD',
  used: 0.1,
  largest: null,
  message: '',
  ...part,
});

const answer = (checks: RiskCheck[], part: Partial<OrderCheck> = {}): OrderCheck => ({
  allowed: checks.every(({ passed }) => passed),
  sentence: '',
  quantity: '100',
  checks,
  largest: null,
  estimate: {
    price: null,
    notional: null,
    fee: null,
    initialMargin: null,
    buyingPowerAfter: null,
    positionAfter: null,
    riskAtStop: null,
    riskPart: null,
  },
  warnings: [],
  ...part,
});

describe('headroom', () => {
  it('shows what refuses first, then the fullest, and counts rules without a number', () => {
    const told = answer([
      check({ code: 'A', used: 0.2 }),
      check({ code: 'B', used: null, limit: null, value: null }),
      check({ code: 'C', used: 0.85 }),
      check({ code: 'D', used: 1.4, passed: false, message: 'too much' }),
      check({ code: 'E', used: null, limit: null, value: null, passed: false, message: 'no' }),
    ]);
    const rows = headroomRows(told);
    expect(rows.map(({ key }) => key[0])).toEqual(['E', 'D', 'C', 'A']);
    expect(rows.map(({ level }) => level)).toEqual(['over', 'over', 'near', 'free']);
    expect(quietPasses(told)).toBe(1);
  });

  it('writes figures as short as they can be read', () => {
    expect(shortFigure('1264840.126 USD')).toBe('1,264,840 USD');
    expect(shortFigure('0.051234567')).toBe('0.05123');
    expect(shortFigure('n/a')).toBe('n/a');
    expect(
      headroomRows(answer([check({ code: 'PRICE_COLLAR', value: '0.0123', limit: '0.05' })])),
    ).toMatchObject([{ value: '1.23 %', limit: '5 %' }]);
  });

  it('groups the long numbers of a sentence, and leaves names as they are', () => {
    expect(groupedWords('The order is worth 24556000.5 USD; the most is 250000 USD.')).toBe(
      'The order is worth 24,556,000.5 USD; the most is 250,000 USD.',
    );
    const names = 'DU1234567 has 1000 of R-12345-6 since 2026-11-25, 12345X';
    expect(groupedWords(names)).toBe(names);
  });

  it('fills its bars from nothing to full', () => {
    expect([barWidth(0), barWidth(0.5), barWidth(7), barWidth(-1), barWidth(null)]).toEqual([
      0, 50, 100, 0, 100,
    ]);
  });

  it('offers three digits of it in whole lots, and never more than passes', () => {
    expect(sizeToTake('1344.26112', '0.000001')).toBe('1340');
    expect(sizeToTake('407.211548', undefined)).toBe('407');
    expect(sizeToTake('0.0123456', '0.0001')).toBe('0.0123');
    expect(sizeToTake('2', '1')).toBe('2');
    expect(sizeToTake('999', '1')).toBe('999');
    // 1,370 is no multiple of 25.
    expect(sizeToTake('1375', '25')).toBe('1350');
    // What would round to nothing stays.
    expect(sizeToTake('0.5', '1')).toBe('0.5');
  });

  it('offers the largest size when it is another than what was asked for', () => {
    expect(sizeOffered(answer([], { largest: '407' }))).toBe('407');
    expect(sizeOffered(answer([], { largest: '100' }))).toBeUndefined();
    expect(sizeOffered(answer([], { largest: '0' }))).toBeUndefined();
    expect(sizeOffered(answer([]))).toBeUndefined();
  });
});

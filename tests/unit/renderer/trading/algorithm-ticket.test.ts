import { describe, expect, it } from 'vitest';
import { algorithmTicket } from '../../../../engine/protocol/execution-schemas.ts';
import {
  algorithmFieldOf,
  algorithmSentence,
  clearedAlgorithm,
  EMPTY_ALGORITHM,
  lengthText,
  METHODS,
  parseAlgorithm,
  readAlgorithm,
  type AlgorithmForm,
} from '../../../../renderer/panels/ticket/algorithm-form.ts';
import { refusalOf } from '../../../../renderer/panels/ticket/refusal.ts';
import { EMPTY_FORM } from '../../../../renderer/panels/ticket/ticket-form.ts';

const FORM = { ...EMPTY_FORM, account: 'PAPER', instrument: 'ALFA.SIM', size: '1000' };

function ticketOf(change: Partial<AlgorithmForm>, form = FORM) {
  const reading = readAlgorithm(form, { ...EMPTY_ALGORITHM, ...change });
  if (!('ticket' in reading)) throw new Error(JSON.stringify(reading));
  // What is read is what the contract takes.
  return algorithmTicket.parse(reading.ticket);
}
function faultsOf(change: Partial<AlgorithmForm>, size = '1000') {
  const reading = readAlgorithm({ ...FORM, size }, { ...EMPTY_ALGORITHM, ...change });
  return 'errors' in reading ? { ...reading.errors, missing: reading.missing } : undefined;
}

describe('an algorithm of the ticket', () => {
  it('is read for every method, with its own fields alone', () => {
    const methods = {
      twap: { slices: '15' },
      vwap: { curve: '5, 3 2;3,5' },
      pov: { rate: '12.5' },
      iceberg: { display: '100', limit: '80.5' },
      peg: { pegTo: 'bid', offset: '-0.02' },
      shortfall: { riskAversion: '0.5', volatility: '1.2', temporaryImpact: '2' },
    } as const;
    const read = METHODS.map(({ value }) => ticketOf({ method: value, ...methods[value] }).method);
    expect(read).toEqual([
      { kind: 'twap', slices: 15 },
      { kind: 'vwap', curve: [5, 3, 2, 3, 5] },
      { kind: 'pov', rate: 0.125 },
      { kind: 'iceberg', display: '100' },
      { kind: 'peg', to: 'bid', offset: '-0.02' },
      {
        kind: 'shortfall',
        slices: 10,
        riskAversion: 0.5,
        volatility: 1.2,
        temporaryImpact: 2,
        permanentImpact: 0,
      },
    ]);
    expect(ticketOf({ method: 'vwap', dataset: 'SPX.INDEX@1m', slices: '6' }).method).toEqual({
      kind: 'vwap',
      dataset: 'SPX.INDEX@1m',
      slices: 6,
    });
  });

  it('has time, limit and part of the volume where they were given', () => {
    expect(ticketOf({ minutes: '1.5' })).toEqual({
      account: 'PAPER',
      instrument: 'ALFA.SIM',
      side: 'buy',
      quantity: '1000',
      method: { kind: 'twap', slices: 10 },
      duration: 90_000,
      finish: 'leave',
    });
    const whole = ticketOf({ limit: '80.10', participation: '10', finish: 'take' });
    expect(whole).toMatchObject({ limitPrice: '80.1', participation: 0.1, finish: 'take' });
    // A part of the volume has its own field.
    expect(ticketOf({ method: 'pov', participation: '5' })).not.toHaveProperty('participation');
  });

  it('says what is wrong beside its field, and what is missing', () => {
    expect(faultsOf({}, '')).toEqual({ missing: true });
    expect(faultsOf({}, '1e5')).toMatchObject({ size: expect.stringContaining('not a number') });
    expect(faultsOf({ minutes: '0' })).toMatchObject({ minutes: 'Give 0.017 to 10080 minutes.' });
    expect(faultsOf({ minutes: '20000' })).toMatchObject({
      minutes: 'Give 0.017 to 10080 minutes.',
    });
    expect(faultsOf({ slices: '2.5' })).toMatchObject({ slices: 'Give a whole number.' });
    expect(faultsOf({ slices: '0' })).toMatchObject({ slices: 'Give 1 to 10000.' });
    expect(faultsOf({ method: 'pov', rate: '101' })).toMatchObject({ rate: 'Give 0 to 100 %.' });
    expect(faultsOf({ method: 'pov', rate: '0' })).toMatchObject({ rate: 'Must be more than 0.' });
    expect(faultsOf({ participation: '-1' })).toMatchObject({ participation: 'Give 0 to 100 %.' });
    expect(faultsOf({ method: 'iceberg', display: '10' })).toEqual({ missing: true });
    expect(faultsOf({ method: 'iceberg', limit: '80' })).toEqual({ missing: true });
    expect(faultsOf({ method: 'vwap' })).toEqual({ missing: true });
    expect(faultsOf({ method: 'vwap', curve: '1, x' })).toMatchObject({
      curve: 'Give the volume of each slice, such as 5, 3, 2, 3, 5.',
    });
    expect(faultsOf({ method: 'vwap', curve: '0 0' })).toMatchObject({
      curve: 'Not all may be 0.',
    });
    expect(faultsOf({ method: 'shortfall', volatility: '-1' })).toMatchObject({
      volatility: 'Give 0 or more.',
    });
    expect(faultsOf({ limit: 'abc' })).toMatchObject({ limit: expect.any(String) as never });
  });

  it('is named whole by its button', () => {
    expect(algorithmSentence(ticketOf({ minutes: '30' }), false)).toBe(
      'TWAP: buy 1,000 ALFA over 30 min - PAPER',
    );
    const limited = ticketOf({ minutes: '120', limit: '80.5' }, { ...FORM, side: 'sell' });
    expect(algorithmSentence(limited, true)).toBe(
      'TWAP: sell 1,000 ALFA at 80.5 or better over 2 h - LIVE',
    );
    expect([1_000, 90_000, 600_000, 5_400_000, 7_200_000].map(lengthText)).toEqual([
      '1 s',
      '90 s',
      '10 min',
      '90 min',
      '2 h',
    ]);
  });

  it('keeps choices and forgets prices', () => {
    const form = {
      ...EMPTY_ALGORITHM,
      mode: 'algorithm',
      method: 'peg',
      limit: '80',
      rate: '7',
      offset: '1',
    } as const;
    expect(parseAlgorithm(JSON.parse(JSON.stringify(form)))).toEqual({
      ...form,
      limit: '',
      offset: '0',
    });
    expect(parseAlgorithm({ method: 'magic', mode: 1, minutes: 5 })).toEqual(EMPTY_ALGORITHM);
    expect(parseAlgorithm(null)).toBeUndefined();
    expect(clearedAlgorithm({ ...form, display: '5', finish: 'take' })).toEqual({
      ...form,
      limit: '',
      offset: '0',
    });
  });

  it('shows what the workstation refuses beside the field that it is about', () => {
    const shown = new Set(['size', 'display']);
    const refusal = (parameter?: string) =>
      refusalOf(
        {
          code: 'BAD_INPUT',
          message: 'No.',
          retryable: false,
          ...(parameter === undefined ? {} : { details: { parameter } }),
        },
        algorithmFieldOf,
        shown,
      );
    expect(refusal('quantity')).toEqual({ errors: { size: 'No.' }, elsewhere: undefined });
    expect(refusal('display')).toEqual({ errors: { display: 'No.' }, elsewhere: undefined });
    expect(refusal('account')).toEqual({ errors: { account: 'No.' }, elsewhere: 'No.' });
    expect(refusal()).toEqual({ errors: {}, elsewhere: 'No.' });
    expect(refusalOf(undefined, algorithmFieldOf, shown)).toEqual({
      errors: {},
      elsewhere: undefined,
    });
    expect(['limitPrice', 'end', 'curve', 'rate'].map(algorithmFieldOf)).toEqual([
      'limit',
      'minutes',
      'curve',
      'rate',
    ]);
  });
});

import { describe, expect, it } from 'vitest';
import { exitCodeOf, payloadOf } from '../../../electron/cli/failure.ts';
import { RenataError } from '../../../engine/domain/errors.ts';
import { calls } from '../../../engine/protocol/contract.ts';
import { validate } from '../../../engine/protocol/wire.ts';

function refused(message: string, parameter: string): RenataError {
  return new RenataError('BAD_INPUT', message, { details: { parameter } });
}

describe('errors on the command line', () => {
  it.each([
    ['timeZone: "x" is none.', 'timeZone', 'time-zone: "x" is none.'],
    ['data.import: options.dateFormat: is wrong.', 'options.dateFormat', 'date-format: is wrong.'],
    ['sweeps.start: request.settings.lotSize: no.', 'request.settings.lotSize', 'lot: no.'],
    ['backtest.run: settings.size.quantity: no.', 'settings.size.quantity', 'size: no.'],
    ['adjustment: is not known.', 'adjustment', 'adjust: is not known.'],
  ])('name the option: %s', (message, parameter, shown) => {
    const error = payloadOf(refused(message, parameter));
    expect(error.message).toBe(shown);
    expect(error.details?.['parameter']).toBe(shown.slice(0, shown.indexOf(':')));
  });

  it('stay as they are where the parameter does not begin the sentence', () => {
    const error = refused('There is no dataset "x".', 'datasetId');
    expect(payloadOf(error).message).toBe('There is no dataset "x".');
    const inside = refused('There is a symbol: x.', 'symbol');
    expect(payloadOf(inside).message).toBe('There is a symbol: x.');
  });

  it('have the exit code of a wrong input when a file contradicts the store', () => {
    const conflict = (details: Record<string, string>): number =>
      exitCodeOf({ code: 'CONFLICT', message: 'x', retryable: false, details });
    expect(conflict({ file: 'a.csv' })).toBe(2);
    expect(conflict({ parameter: 'adjustment' })).toBe(2);
    expect(conflict({})).toBe(1);
  });
});

describe('messages of bounds', () => {
  const told = (name: keyof typeof calls, input: unknown): string => {
    try {
      validate(calls[name].input, input, name);
    } catch (error) {
      return error instanceof Error ? error.message : '';
    }
    return '';
  };

  it('are in plain words', () => {
    const named = (name: string) => told('data.upload-start', { name, bytes: 1 });
    expect(named('')).toBe('data.upload-start: name: is empty.');
    expect(named('x'.repeat(257))).toBe(
      'data.upload-start: name: has more than 256 characters; shorten it.',
    );
    const sized = (bytes: number) => told('data.upload-start', { name: 'x', bytes });
    expect(sized(0)).toBe('data.upload-start: bytes: must be at least 1.');
    expect(sized(2 ** 40)).toBe('data.upload-start: bytes: must be at most 2147483648.');
    expect(told('runs.compare', { runIds: ['a'] })).toBe(
      'runs.compare: runIds: must have at least 2 entries.',
    );
  });
});

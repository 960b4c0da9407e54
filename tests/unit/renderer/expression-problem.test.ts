import { describe, expect, it } from 'vitest';
import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import { placeOf } from '../../../renderer/components/expression/expression-problem.tsx';
import { numberProblem } from '../../../renderer/panels/chart/settings-values.ts';

function errorAt(column?: number, endColumn?: number, suggestion?: string): ErrorPayload {
  const details = {
    ...(column === undefined ? {} : { column }),
    ...(endColumn === undefined ? {} : { endColumn }),
    ...(suggestion === undefined ? {} : { suggestion }),
  };
  return { code: 'BAD_INPUT', message: 'wrong', retryable: false, details };
}

describe('the place of an error', () => {
  it('is marked from its column on, and mended by the suggestion', () => {
    expect(placeOf('close > rsj(14)', errorAt(9, 12, 'rsi'))).toEqual({
      line: 'close > rsj(14)',
      before: 8,
      length: 3,
      mended: 'close > rsi(14)',
    });
  });

  it('keeps the quotes of a symbol', () => {
    expect(placeOf('on("SPX2", close)', errorAt(4, 10, 'SPX'))?.mended).toBe('on("SPX", close)');
  });

  it('may lie at the end, or on another line', () => {
    expect(placeOf('rsi(14', errorAt(7, 7))).toMatchObject({ before: 6, length: 1, mended: null });
    expect(placeOf('close >\n  rsj', errorAt(11, 14))).toMatchObject({
      line: '  rsj',
      before: 2,
      length: 3,
    });
    expect(placeOf('a', errorAt(900, 950))).toMatchObject({ before: 1, length: 1 });
  });

  it('is shown with what stands around it when the line is long', () => {
    const long = `${'x + '.repeat(100)}clos${' + y'.repeat(100)}`;
    const place = placeOf(long, errorAt(401, 405));
    expect(place?.line.length).toBeLessThanOrEqual(120);
    expect(place?.line.slice(place.before, place.before + place.length)).toBe('clos');
  });

  it('is nowhere when the error has no column', () => {
    expect(placeOf('close', errorAt())).toBeNull();
  });
});

describe('a number field', () => {
  const whole = { min: 2, max: 100, step: 1, whole: true };
  it.each([
    ['14', whole, undefined],
    ['1', whole, 'A whole number from 2 to 100.'],
    ['2.5', whole, 'A whole number from 2 to 100.'],
    ['', whole, 'A whole number from 2 to 100.'],
    ['x', { ...whole, whole: false }, 'A number from 2 to 100.'],
    ['2.5', { ...whole, whole: false }, undefined],
    ['1e99', { min: -Infinity, max: Infinity, step: 1, whole: false }, undefined],
    ['1e999', { min: -Infinity, max: Infinity, step: 1, whole: false }, 'A number.'],
  ])('"%s" in %j: %s', (text, range, problem) => {
    expect(numberProblem(text, range)).toBe(problem);
  });
});

import { describe, expect, it } from 'vitest';
import { byStatus, retryAfter } from '../../../electron/net/rest-client.ts';

const NOW = Date.UTC(2024, 0, 2, 15, 0, 0);
const answer = (header: string) => ({
  status: 429,
  headers: new Headers({ 'retry-after': header }),
  text: '',
});

describe('an answer that asks to wait', () => {
  it('is read by the clock that is given, not by that of the machine', () => {
    const date = 'Tue, 02 Jan 2024 15:00:30 GMT';
    expect(byStatus('X', answer(date), NOW)).toMatchObject({
      failure: 'rate-limited',
      retryAfter: 30_000,
    });
    expect(byStatus('X', answer(date), NOW + 60_000).retryAfter).toBe(0);
    expect(byStatus('X', answer('12'), NOW).retryAfter).toBe(12_000);
  });

  it('says nothing by a date where no clock is given, or by what is none', () => {
    expect(byStatus('X', answer('Tue, 02 Jan 2024 15:00:30 GMT')).retryAfter).toBeUndefined();
    expect(byStatus('X', answer('7')).retryAfter).toBe(7000);
    expect(retryAfter(new Headers({ 'retry-after': 'soon' }), NOW)).toBeUndefined();
  });
});

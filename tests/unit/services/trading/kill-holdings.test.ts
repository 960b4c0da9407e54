import { describe, expect, it } from 'vitest';
import { decimal } from '../../../../engine/domain/decimal.ts';
import { AAPL, ACCOUNT } from '../../../support/exchange.ts';
import { settle } from '../../../support/fake-clock.ts';
import { openDesk, type TestDesk } from '../../../support/trading-desk.ts';
import { atVenue, hold, place } from './placing.ts';

/** Presses the kill switch with closing, and lets everything come to its end. */
async function kill(desk: TestDesk) {
  const killing = desk.trading.kill(true, 'test', 'kill-switch');
  await desk.clock.pass(60_000);
  return killing;
}

/** A desk that holds 100, of which the venue has so many more or less by now. */
async function apart(units: string): Promise<TestDesk> {
  const desk = await openDesk();
  await hold(desk, '100');
  desk.exchange.moved.set(AAPL, decimal(units));
  return desk;
}

describe('the kill switch that closes positions', () => {
  it('opens nothing at the venue where a position was closed elsewhere', async () => {
    const desk = await apart('-100');
    desk.exchange.setPhase('reconnecting');
    await settle();
    // Pressed before the account could be compared again.
    desk.exchange.slowQueries.add('fills');
    desk.exchange.setPhase('ready');
    const { flattened, failures } = await kill(desk);
    expect([flattened, atVenue(desk)]).toEqual([0, ['buy 100 filled']]);
    expect(failures.join()).toContain(
      'AAPL.TEST: the venue has 0, we have 100; 0 are being closed',
    );
  });

  it.each([
    ['less than we have', '-40', 'sell 60', 'the venue has 60, we have 100; 60 are being closed'],
    ['more than we have', '20', 'sell 100', 'the venue has 120, we have 100; 100 are being closed'],
  ])('closes no more than both have: %s', async (_name, units, sent, said) => {
    const desk = await apart(units);
    const { flattened, failures } = await kill(desk);
    expect([flattened, atVenue(desk)[1]]).toEqual([1, `${sent} accepted`]);
    expect(failures.join()).toContain(said);
  });

  it('does nothing about a position that is the other way round there', async () => {
    const desk = await apart('-150');
    const { flattened, failures } = await kill(desk);
    expect([flattened, atVenue(desk)]).toEqual([0, ['buy 100 filled']]);
    expect(failures.join()).toContain('the venue has -50, we have 100');
  });

  it('closes what it has by its own books while the account is compared and the query fails', async () => {
    const desk = await apart('0');
    desk.exchange.brokenQueries.add('positions');
    expect(await kill(desk)).toEqual({ canceled: 0, flattened: 1, failures: [] });
    expect(atVenue(desk)[1]).toBe('sell 100 accepted');
  });

  it('leaves a position and says so where nobody can say what the venue has', async () => {
    const desk = await apart('0');
    desk.exchange.setPhase('reconnecting');
    await settle();
    desk.exchange.brokenQueries.add('positions');
    desk.exchange.setPhase('ready');
    const { flattened, failures } = await kill(desk);
    expect([flattened, atVenue(desk)]).toEqual([0, ['buy 100 filled']]);
    expect(failures.join()).toMatch(/AAPL\.TEST could not be compared and were not closed/);
  });

  it('trusts a fill of this moment that the venue does not list yet', async () => {
    const desk = await openDesk();
    await place(desk);
    desk.exchange.fill(0, '100', '99.5');
    desk.exchange.moved.set(AAPL, decimal('-100'));
    await settle();
    expect(await kill(desk)).toEqual({ canceled: 0, flattened: 1, failures: [] });
    expect(atVenue(desk)[1]).toBe('sell 100 accepted');
  });
});

describe('to flatten or reverse by hand a position that the venue has otherwise', () => {
  const disputed = async (units: string): Promise<TestDesk> => {
    const desk = await apart(units);
    await desk.trading.reconcile(ACCOUNT);
    return desk;
  };

  it('closes as much as both have, until the case is settled', async () => {
    const desk = await disputed('-40');
    const closing = desk.trading.flatten('F1', ACCOUNT, AAPL);
    await desk.clock.pass(1000);
    await closing;
    expect(atVenue(desk)[1]).toBe('sell 60 accepted');
    // Once that is filled the venue has nothing, whatever the case still says.
    desk.exchange.fill(1, '60', '99.99');
    await settle();
    await expect(desk.trading.flatten('F2', ACCOUNT, AAPL)).rejects.toThrow(
      'The venue has 0 of AAPL.TEST and we have 40',
    );
  });

  it('is refused where nothing is sure, and where the position was to be turned', async () => {
    for (const [units, how] of [
      ['-100', 'flatten'],
      ['-150', 'flatten'],
      ['-40', 'reverse'],
    ] as const) {
      const desk = await disputed(units);
      const refused = desk.trading[how]('F1', ACCOUNT, AAPL);
      await expect(refused).rejects.toThrow('settle the case in the inbox first');
      expect(atVenue(desk)).toEqual(['buy 100 filled']);
      const [open] = desk.trading.cases.list(true);
      await desk.trading.reconciliation.resolve(open?.id ?? '', 'take-over', '');
      expect(desk.trading.positions()).toHaveLength(units === '-100' ? 0 : 1);
    }
  });
});

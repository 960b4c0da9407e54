import { describe, expect, it } from 'vitest';
import { createSignIn } from '../../../electron/ipc/sign-in.ts';

describe('sign-in', () => {
  it('exchanges a token once for a session', () => {
    const signIn = createSignIn('first');
    expect(signIn.redeem('wrong')).toBeUndefined();
    expect(signIn.redeem('')).toBeUndefined();
    const session = signIn.redeem('first') ?? '';
    expect(session).toMatch(/^[\w-]{43}$/);
    expect(signIn.redeem('first')).toBeUndefined();
    expect(signIn.isSession(session)).toBe(true);
    expect(signIn.isSession('first')).toBe(false);
    expect(signIn.isSession('')).toBe(false);
  });

  it('makes tokens that differ and replace each other, sessions staying', () => {
    const signIn = createSignIn();
    expect(signIn.redeem('')).toBeUndefined();
    const [first, second] = [signIn.newToken(), signIn.newToken()];
    expect(first).not.toBe(second);
    expect(signIn.redeem(first)).toBeUndefined();
    const one = signIn.redeem(second) ?? '';
    const two = signIn.redeem(signIn.newToken()) ?? '';
    expect([one, two].map((session) => signIn.isSession(session))).toEqual([true, true]);
  });

  it('keeps a bounded number of sessions, the newest', () => {
    const signIn = createSignIn();
    const sessions = Array.from({ length: 20 }, () => signIn.redeem(signIn.newToken()) ?? '');
    expect(sessions.map((session) => signIn.isSession(session))).toEqual(
      sessions.map((_session, index) => index >= 4),
    );
  });
});

import { useEffect, useRef, useState } from 'react';
import { toErrorPayload, type ErrorPayload } from '../../../engine/domain/errors.ts';

/** What the workstation said of a wish, last. */
export interface Asked<Wish, Told> {
  readonly wish: Wish | undefined;
  readonly told: Told | undefined;
  readonly error: ErrorPayload | undefined;
  /** Whether it was said of the wish as it is now. */
  readonly fresh: boolean;
}

/** After the last key. */
const TYPING_MS = 180;
/** Prices, rates and other orders move on: what was said a while ago is asked again. */
const AGAIN_MS = 3_000;

interface Answer<Wish, Told> {
  readonly key: string;
  readonly wish: Wish;
  readonly told?: Told;
  readonly error?: ErrorPayload;
}

/**
 * Has a wish looked at when it has changed, and again as time goes by.
 * @param ask always the same function
 */
export function useAsked<Wish, Told>(
  wish: Wish | undefined,
  ask: (wish: Wish) => Promise<Told>,
): Asked<Wish, Told> {
  const key = wish === undefined ? '' : JSON.stringify(wish);
  const [answer, setAnswer] = useState<Answer<Wish, Told>>();
  const latest = useRef(key);
  useEffect(() => {
    latest.current = key;
    if (key === '') return undefined;
    const asked = JSON.parse(key) as Wish;
    let timer: ReturnType<typeof setTimeout>;
    let ended = false;
    const askNow = async (): Promise<void> => {
      let next: Answer<Wish, Told>;
      try {
        next = { key, wish: asked, told: await ask(asked) };
      } catch (error) {
        next = { key, wish: asked, error: toErrorPayload(error) };
      }
      if (ended || latest.current !== key) return;
      setAnswer(next);
      timer = setTimeout(() => void askNow(), AGAIN_MS);
    };
    timer = setTimeout(() => void askNow(), TYPING_MS);
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [key, ask]);
  const fresh = answer !== undefined && key !== '' && answer.key === key;
  return {
    wish: fresh ? answer.wish : undefined,
    told: key === '' ? undefined : answer?.told,
    error: fresh ? answer.error : undefined,
    fresh,
  };
}

import { useCallback, useEffect, useRef, useState } from 'react';
import { workstation } from './store.ts';

const SAVE_DELAY_MS = 400;

/**
 * A value that the workstation keeps under a name, such as a form's last entries.
 * @param parse checks what was stored; `undefined` falls back to the initial value
 * @param options.write what is stored of a value; all of it by default
 * @returns the value, its setter, and whether what was stored has been read
 */
export function useSaved<Value>(
  name: string,
  initial: Value,
  parse: (stored: unknown) => Value | undefined,
  options: { readonly write?: (value: Value) => unknown } = {},
): readonly [Value, (value: Value) => void, boolean] {
  const [value, setValue] = useState(initial);
  const [loaded, setLoaded] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const read = useRef(parse);
  const written = useRef(options.write);
  useEffect(() => {
    let current = true;
    workstation()
      .call('workspace.load', { name })
      .then(({ json }) => {
        const stored = json === null ? undefined : read.current(JSON.parse(json));
        if (current && stored !== undefined) setValue(stored);
      })
      // A document that cannot be read is as good as none.
      .catch(() => undefined)
      .finally(() => current && setLoaded(true));
    return () => {
      current = false;
    };
  }, [name]);
  const save = useCallback(
    (next: Value): void => {
      setValue(next);
      clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        workstation()
          .call('workspace.save', { name, json: JSON.stringify(written.current?.(next) ?? next) })
          .catch(() => undefined);
      }, SAVE_DELAY_MS);
    },
    [name],
  );
  return [value, save, loaded];
}

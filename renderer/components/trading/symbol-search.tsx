import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import type { CallOutput } from '../../../engine/protocol/contract.ts';
import { workstation } from '../../client/store.ts';
import { rememberInstruments } from '../../client/trading-store.ts';
import type { TradableInstrument } from '../../client/trading-state.ts';

type Found = CallOutput<'instruments.find'>[number];

interface SymbolSearchProps {
  readonly label: string;
  /** What the field shows while nobody types in it. */
  readonly shown: string;
  readonly placeholder: string;
  readonly testId: string;
  readonly onPick: (instrument: TradableInstrument) => void;
}

const TYPING_MS = 120;
const MOST = 30;

/** A field that finds instruments as one types; arrows choose, Enter takes, Esc leaves. */
export function SymbolSearch({ label, shown, placeholder, testId, onPick }: SymbolSearchProps) {
  const id = useId();
  const [text, setText] = useState<string | null>(null);
  const [found, setFound] = useState<readonly Found[] | null>(null);
  const [failure, setFailure] = useState('');
  const [at, setAt] = useState(0);
  /** Enter came before the answer: the first that is found is taken. */
  const hurry = useRef(false);
  const picked = useRef(onPick);
  useEffect(() => {
    picked.current = onPick;
  }, [onPick]);
  const query = text?.trim() ?? '';

  useEffect(() => {
    setFound(null);
    setFailure('');
    setAt(0);
    hurry.current = false;
    if (query === '') return undefined;
    let current = true;
    const timer = setTimeout(() => {
      workstation()
        .call('instruments.find', { query: query.slice(0, 64), connection: null })
        .then((list) => {
          if (!current) return;
          rememberInstruments(list.map(({ instrument }) => instrument));
          setFound(list.slice(0, MOST));
          const [first] = list;
          if (!hurry.current || first === undefined) return;
          setText(null);
          picked.current(first.instrument);
        })
        .catch((error: unknown) => current && setFailure(toErrorPayload(error).message));
    }, TYPING_MS);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [query]);

  function pick(chosen: Found | undefined): void {
    if (chosen === undefined) return;
    setText(null);
    onPick(chosen.instrument);
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (text === null || query === '') {
      // With nothing typed, Enter must not send the form around the field.
      if (event.key === 'Enter') event.preventDefault();
      return;
    }
    const count = found?.length ?? 0;
    if (event.key === 'ArrowDown') setAt(Math.min(at + 1, Math.max(0, count - 1)));
    else if (event.key === 'ArrowUp') setAt(Math.max(at - 1, 0));
    else if (event.key === 'Enter') {
      if (found === null) hurry.current = true;
      else pick(found[at]);
    } else if (event.key === 'Escape') {
      setText(null);
      event.stopPropagation();
    } else return;
    event.preventDefault();
  }

  const open = text !== null && query !== '';
  return (
    <div className="symbol-search">
      <input
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-activedescendant={open && found !== null ? `${id}-${at}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        data-testid={testId}
        value={text ?? shown}
        onFocus={(event) => event.target.select()}
        onChange={(event) => setText(event.target.value)}
        onBlur={() => setText(null)}
        onKeyDown={onKeyDown}
      />
      {open ? (
        <div id={`${id}-list`} className="symbol-list" role="listbox" aria-label="Instruments">
          {failure === '' ? null : (
            <div className="note wrong" role="alert">
              {failure}
            </div>
          )}
          {found?.length === 0 ? (
            <div className="note">
              No connected source has “{query}”. Try its ticker, or connect another source.
            </div>
          ) : null}
          {found === null && failure === '' ? <div className="note">Searching …</div> : null}
          {found?.map((each, index) => (
            <div
              key={`${each.connection}|${each.instrument.id}`}
              id={`${id}-${index}`}
              role="option"
              tabIndex={-1}
              aria-selected={index === at}
              className={index === at ? 'symbol-option current' : 'symbol-option'}
              // A click would first take the focus, and with it the list, away.
              onMouseDown={(event) => {
                event.preventDefault();
                pick(each);
              }}
            >
              <strong>{each.instrument.symbol}</strong>
              <span className="muted clip">{each.instrument.name}</span>
              <span className="spacer" />
              <span className="muted rigid">
                {each.instrument.currency} · {each.connection}
              </span>
            </div>
          ))}
        </div>
      ) : null}
    </div>
  );
}

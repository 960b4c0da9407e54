import {
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type SyntheticEvent,
} from 'react';
import type { ErrorPayload } from '../../../engine/domain/errors.ts';
import { ExpressionProblem } from './expression-problem.tsx';
import {
  complete,
  completionsAt,
  isMeant,
  isWorthShowing,
  named,
  type KnownName,
} from './completion.ts';
import { CompletionList, SignatureHint } from './completion-list.tsx';
import { caretContext, stretchesOf } from './text.ts';

export interface ExpressionEditorProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly known: readonly KnownName[];
  /** What is wrong with it, and the text that was checked. */
  readonly error?: { readonly payload: ErrorPayload; readonly checked: string } | undefined;
  readonly placeholder?: string | undefined;
  readonly disabled?: boolean | undefined;
  readonly hideLabel?: boolean | undefined;
  /** Name of the field, for whoever looks for it. */
  readonly field?: string | undefined;
  readonly testId?: string | undefined;
  /** Takes the keyboard when it appears. */
  readonly focus?: boolean | undefined;
  /** Enter without Shift, while no name is being chosen; without it Enter begins a line. */
  readonly onEnter?: (() => void) | undefined;
}

const MAX_LENGTH = 10_000;
const PAGE = 8;

/** No name of the list is chosen: Enter and Tab do what they do without it. */
const NONE = -1;

interface Open {
  readonly items: readonly KnownName[];
  readonly at: number;
}

/** The characters that an error is about, from 0; at the end of the text there may be none. */
function markOf({
  details,
}: ErrorPayload): { readonly start: number; readonly end: number } | null {
  const { column, endColumn } = details ?? {};
  if (typeof column !== 'number') return null;
  const end = typeof endColumn === 'number' ? endColumn : column + 1;
  return { start: column - 1, end: Math.max(column, end - 1) };
}

/** A line of the expression language that colours, completes and shows where it is wrong. */
export function ExpressionEditor(props: ExpressionEditorProps) {
  const { label, value, onChange, known, error } = props;
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const back = useRef<HTMLPreElement>(null);
  const [caret, setCaret] = useState<number | null>(null);
  const [open, setOpen] = useState<Open | null>(null);
  const accepting = useRef(false);
  const own = useMemo(
    () => new Set(known.flatMap(({ name, kind }) => (kind === 'own' ? [name.toLowerCase()] : []))),
    [known],
  );
  const current = error?.checked === value ? error.payload : undefined;
  const marked = current === undefined || open !== null ? null : markOf(current);
  const context = caret === null ? null : caretContext(value, caret);
  const call =
    context?.call === null || context === null ? undefined : named(known, context.call.name);

  // Two renders in a row may take the place of the caret away.
  const wanted = useRef<readonly [number, number]>(undefined);
  useLayoutEffect(() => {
    if (wanted.current === undefined) return;
    field.current?.setSelectionRange(...wanted.current);
    wanted.current = undefined;
  });

  useEffect(() => {
    if (props.focus !== true) return undefined;
    // What was clicked to get here takes the keyboard first.
    const frame = requestAnimationFrame(() => field.current?.focus());
    return () => cancelAnimationFrame(frame);
  }, [props.focus]);

  function follow(event: SyntheticEvent<HTMLTextAreaElement>): void {
    const { selectionStart, selectionEnd } = event.currentTarget;
    setCaret(selectionStart === selectionEnd ? selectionStart : null);
  }

  function offer(text: string, at: number, asked: boolean): void {
    const here = caretContext(text, at);
    const items = completionsAt(here, known);
    const wantedNow = asked
      ? items.length > 0
      : (here.prefix !== '' || here.outputOf !== null) && isWorthShowing(here, items);
    setOpen(wantedNow ? { items, at: isMeant(here, items) ? 0 : NONE } : null);
  }

  function onInput(text: string, at: number): void {
    onChange(text);
    setCaret(at);
    if (!accepting.current) offer(text, at, false);
  }

  function accept(item: KnownName | undefined): void {
    const area = field.current;
    if (area === null || item === undefined) return;
    const here = caretContext(area.value, area.selectionStart);
    const { text, select } = complete(area.value, here, item);
    const inserted = text.slice(here.start, text.length - (area.value.length - here.end));
    setOpen(null);
    accepting.current = true;
    area.setSelectionRange(here.start, here.end);
    // Unlike setting the value this can be undone with Ctrl+Z.
    const typed = document.execCommand('insertText', false, inserted);
    if (!typed) onInput(text, select[1]);
    accepting.current = false;
    wanted.current = select;
    setCaret(select[0] === select[1] ? select[0] : null);
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    const { key } = event;
    if (key === ' ' && event.ctrlKey) {
      offer(value, event.currentTarget.selectionStart, true);
      event.preventDefault();
      return;
    }
    if (open === null) {
      if (key !== 'Enter' || event.shiftKey || props.onEnter === undefined) return;
      event.preventDefault();
      props.onEnter();
      return;
    }
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: PAGE,
      PageUp: -PAGE,
    };
    const step = steps[key];
    if (step !== undefined) {
      const { length } = open.items;
      // The arrows go round, pages stop at the ends.
      const next = open.at + step;
      const at =
        Math.abs(step) === 1
          ? (Math.max(next, -1) + length) % length
          : Math.max(0, Math.min(length - 1, next));
      setOpen({ ...open, at });
    } else if ((key === 'Enter' || key === 'Tab') && !event.shiftKey && !event.ctrlKey) {
      if (open.at === NONE) {
        setOpen(null);
        if (key !== 'Enter' || props.onEnter === undefined) return;
        props.onEnter();
      } else accept(open.items[open.at]);
    } else if (key === 'Escape') setOpen(null);
    else {
      if (key === 'ArrowLeft' || key === 'ArrowRight' || key === 'Home' || key === 'End') {
        setOpen(null);
      }
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  }

  // While a name is being chosen the expression is not finished, and nothing is said of it.
  const told = open === null ? error : undefined;
  const problemId = told === undefined ? undefined : `${id}-problem`;
  return (
    <div className={told === undefined ? 'expression-field' : 'expression-field wrong'}>
      <label htmlFor={id} className={props.hideLabel === true ? 'hidden' : ''}>
        {label}
      </label>
      <div className="expression-area">
        <pre ref={back} aria-hidden>
          {stretchesOf(value, own, marked).map(({ text, className }, i) => (
            <span key={i} className={className}>
              {text}
            </span>
          ))}
          {/* A line that is still empty has its height too. */}
          {'\u200b'}
        </pre>
        <textarea
          ref={field}
          id={id}
          rows={1}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          maxLength={MAX_LENGTH}
          disabled={props.disabled}
          placeholder={props.placeholder}
          aria-autocomplete="list"
          aria-controls={open === null ? undefined : `${id}-list`}
          aria-activedescendant={
            open === null || open.at === NONE ? undefined : `${id}-list-${open.at}`
          }
          aria-invalid={told !== undefined}
          aria-describedby={problemId}
          data-field={props.field}
          data-testid={props.testId}
          value={value}
          onChange={({ target }) => onInput(target.value, target.selectionStart)}
          onSelect={follow}
          onKeyDown={onKeyDown}
          onFocus={follow}
          onBlur={() => {
            setOpen(null);
            setCaret(null);
          }}
        />
      </div>
      {open !== null && context !== null ? (
        <CompletionList
          id={`${id}-list`}
          items={open.items}
          at={open.at}
          back={back}
          offset={context.start}
          onChoose={accept}
        />
      ) : null}
      {call !== undefined && context !== null && call.args.length > 0 ? (
        <SignatureHint
          name={call}
          argument={context.call?.argument ?? 0}
          back={back}
          offset={context.call?.start ?? 0}
        />
      ) : null}
      {told === undefined ? null : (
        // Until the next check it is about what stood there before.
        <div id={problemId} role="alert" className={told.checked === value ? '' : 'stale'}>
          <ExpressionProblem
            expression={told.checked}
            error={told.payload}
            onMend={(mended) => {
              if (told.checked === value) onChange(mended);
              field.current?.focus();
            }}
          />
        </div>
      )}
    </div>
  );
}

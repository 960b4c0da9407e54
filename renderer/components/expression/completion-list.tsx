import {
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  type CSSProperties,
  type RefObject,
} from 'react';
import { createPortal } from 'react-dom';
import { signatureParts, type KnownName } from './completion.ts';

type Back = RefObject<HTMLPreElement | null>;

const GAP = 3;
const LIST_HEIGHT = 232;
const LIST_WIDTH = 460;

/** Where a character of the text stands on the screen. */
function rectAt(element: HTMLElement, offset: number): DOMRect {
  const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  let left = offset;
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const { length } = node.textContent ?? '';
    if (left <= length) {
      const range = document.createRange();
      range.setStart(node, left);
      range.setEnd(node, left);
      return range.getBoundingClientRect();
    }
    left -= length;
  }
  return element.getBoundingClientRect();
}

/** Follows a place of the text while panels scroll or change their size. */
function usePlace(back: Back, offset: number): DOMRect | null {
  const [rect, setRect] = useState<DOMRect | null>(null);
  useLayoutEffect(() => {
    const measure = (): void => {
      if (back.current !== null) setRect(rectAt(back.current, offset));
    };
    measure();
    window.addEventListener('scroll', measure, true);
    window.addEventListener('resize', measure);
    return () => {
      window.removeEventListener('scroll', measure, true);
      window.removeEventListener('resize', measure);
    };
  }, [back, offset]);
  return rect;
}

interface CompletionListProps {
  readonly id: string;
  readonly items: readonly KnownName[];
  readonly at: number;
  readonly back: Back;
  readonly offset: number;
  readonly onChoose: (item: KnownName) => void;
}

const KINDS: Readonly<Record<KnownName['kind'], string>> = {
  indicator: 'indicator',
  function: 'function',
  price: 'price',
  clock: 'clock',
  word: 'word',
  own: 'yours',
  output: 'output',
  argument: 'argument',
};

/** For the content of a dialog that holds an editor: the list of names stands outside of it. */
export const BESIDE_COMPLETION = {
  /** Esc closes the list first. */
  onEscapeKeyDown: (event: Event): void => {
    if (document.querySelector('.completion-list') !== null) event.preventDefault();
  },
  onInteractOutside: (event: Event): void => {
    const { target } = event;
    if (target instanceof Element && target.closest('.completion') !== null) event.preventDefault();
  },
};

/** Names that fit, below the word that is being written. */
export function CompletionList({ id, items, at, back, offset, onChoose }: CompletionListProps) {
  const rect = usePlace(back, offset);
  const list = useRef<HTMLDivElement>(null);
  useEffect(() => {
    list.current?.querySelector('.current')?.scrollIntoView({ block: 'nearest' });
  }, [at, items]);
  if (rect === null) return null;
  const above = rect.bottom + LIST_HEIGHT > window.innerHeight && rect.top > LIST_HEIGHT;
  const style: CSSProperties = {
    left: Math.max(4, Math.min(rect.left - 8, window.innerWidth - LIST_WIDTH - 4)),
    ...(above
      ? { bottom: window.innerHeight - rect.top + GAP }
      : { top: rect.bottom + GAP, maxHeight: Math.max(80, window.innerHeight - rect.bottom - 8) }),
  };
  const chosen = items[at];
  return createPortal(
    <div className="completion" style={style} data-testid="completion">
      <div ref={list} id={id} role="listbox" aria-label="Names" className="completion-list">
        {items.map((item, i) => (
          <button
            key={`${item.kind} ${item.name}`}
            type="button"
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === at}
            tabIndex={-1}
            className={i === at ? 'completion-item current' : 'completion-item'}
            // The keyboard stays in the text.
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => onChoose(item)}
          >
            <code>{item.name}</code>
            <span className="clip muted">{item.description}</span>
            <span className={`completion-kind ${item.kind}`}>{KINDS[item.kind]}</span>
          </button>
        ))}
      </div>
      {chosen === undefined ? null : (
        <p className="completion-foot">
          <code>{chosen.signature}</code>
          <span className="spacer" />
          <kbd>Enter</kbd> <kbd>Esc</kbd>
        </p>
      )}
    </div>,
    document.body,
  );
}

/** The arguments of the call that is being written, the one at the caret in bold. */
export function SignatureHint({
  name,
  argument,
  back,
  offset,
}: {
  readonly name: KnownName;
  readonly argument: number;
  readonly back: Back;
  readonly offset: number;
}) {
  const rect = usePlace(back, offset);
  if (rect === null) return null;
  const { before, active, after } = signatureParts(name, argument);
  const style = { left: Math.max(4, rect.left - 8), bottom: window.innerHeight - rect.top + GAP };
  return createPortal(
    <div className="completion hint" style={style} role="note" data-testid="signature">
      <code>
        {before}
        <strong>{active}</strong>
        {after}
      </code>
      <span className="muted">{name.description}</span>
    </div>,
    document.body,
  );
}

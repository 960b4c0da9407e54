import { useRef } from 'react';
import type { TextProblem } from './document-text.ts';

interface TextViewProps {
  readonly text: string;
  readonly label: string;
  readonly readOnly: boolean;
  readonly onChange: (text: string) => void;
  /** Lines that are wrong, with what is wrong there. */
  readonly problems: readonly TextProblem[];
}

/** The document as text with numbered lines; those with a problem are marked. */
export function TextView({ text, label, readOnly, onChange, problems }: TextViewProps) {
  const gutter = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLTextAreaElement>(null);
  const wrong = new Map(problems.map(({ line, message }) => [line, message]));
  const lines = text.split('\n');

  function goTo(line: number): void {
    const area = field.current;
    if (area === null) return;
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    area.focus();
    area.setSelectionRange(start, start + (lines[line - 1]?.length ?? 0));
    area.scrollTop = Math.max(0, (line - 4) * 18);
  }

  return (
    <div className="text-view">
      <div className="text-area">
        <div ref={gutter} className="gutter" aria-hidden>
          {lines.map((_, i) => (
            <span key={i} className={wrong.has(i + 1) ? 'wrong' : ''} title={wrong.get(i + 1)}>
              {wrong.has(i + 1) ? '✗ ' : ''}
              {i + 1}
            </span>
          ))}
        </div>
        <textarea
          ref={field}
          className="mono"
          wrap="off"
          spellCheck={false}
          autoComplete="off"
          readOnly={readOnly}
          aria-label={label}
          aria-invalid={problems.length > 0}
          data-testid="strategy-text"
          value={text}
          onChange={(event) => onChange(event.target.value)}
          onScroll={({ currentTarget }) => {
            if (gutter.current !== null) gutter.current.scrollTop = currentTarget.scrollTop;
          }}
        />
      </div>
      {problems.length === 0 ? null : (
        <ul className="text-problems" aria-live="polite" data-testid="strategy-text-problems">
          {problems.map(({ line, message }, i) => (
            <li key={i}>
              {line === null ? null : (
                <button type="button" className="link" onClick={() => goTo(line)}>
                  Line {line}
                </button>
              )}{' '}
              {message}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

import { useMemo, useState } from 'react';
import { lineOf, type Language, type TextProblem } from './document-text.ts';
import { isEditable, textIn, typedIn, type Opened } from './editor-state.ts';
import { TextView } from './text-view.tsx';
import type { Check } from './use-check.ts';

interface DocumentTextProps {
  readonly opened: Opened;
  readonly language: Language;
  readonly check: Check | null;
  readonly onChange: (opened: Opened) => void;
}

/** The document as YAML or JSON, in step with the form. */
export function DocumentText({ opened, language, check, onChange }: DocumentTextProps) {
  // What is typed stays as it is typed: a text in the other language is only a view of the document.
  const [typed, setTyped] = useState<{ readonly text: string; readonly became: string } | null>(
    null,
  );
  const text = typed?.became === opened.text ? typed.text : textIn(opened, language);
  const problems = useMemo((): readonly TextProblem[] => {
    if (opened.problem !== null) return [opened.problem];
    return (check?.problems ?? [])
      .filter(({ path }) => path !== '')
      .map(({ path, message }) => {
        const keys = path.startsWith('plot.') ? ['plot', path.slice(5)] : path.split('.');
        return { line: lineOf(text, keys), message: `${path}: ${message}` };
      });
  }, [opened.problem, check, text]);
  return (
    <TextView
      text={text}
      label={`${opened.draft.name || 'New strategy'} as ${language.toUpperCase()}`}
      readOnly={!isEditable(opened)}
      problems={problems}
      onChange={(next) => {
        const changed = typedIn(opened, next, language);
        setTyped({ text: next, became: changed.text });
        onChange(changed);
      }}
    />
  );
}

import { AlertDialog } from 'radix-ui';
import type { ReactNode } from 'react';

interface QuestionProps {
  readonly title: string;
  readonly children: ReactNode;
  readonly onClose: () => void;
  /** The answers besides staying as it is, the main one last. */
  readonly answers: readonly {
    readonly label: string;
    readonly look?: 'primary' | 'danger';
    readonly disabled?: boolean;
    readonly testId: string;
    readonly run: () => void;
  }[];
}

/** A question that has to be answered before anything is lost. */
export function Question({ title, children, onClose, answers }: QuestionProps) {
  return (
    <AlertDialog.Root open onOpenChange={(open) => !open && onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="overlay" />
        <AlertDialog.Content className="dialog question" data-testid="strategy-question">
          <AlertDialog.Title>{title}</AlertDialog.Title>
          <AlertDialog.Description className="muted">{children}</AlertDialog.Description>
          <div className="row end">
            <AlertDialog.Cancel className="button">Cancel</AlertDialog.Cancel>
            {answers.map(({ label, look, disabled, testId, run }) => (
              <AlertDialog.Action
                key={label}
                className={look === undefined ? 'button' : `button ${look}`}
                disabled={disabled}
                data-testid={testId}
                onClick={run}
              >
                {label}
              </AlertDialog.Action>
            ))}
          </div>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}

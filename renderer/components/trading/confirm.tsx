import { Dialog } from 'radix-ui';
import { useRef, type ReactNode } from 'react';

interface ConfirmProps {
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  readonly children?: ReactNode;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something that cannot be taken back; Enter does it, Esc leaves everything as it is. */
export function Confirm(props: ConfirmProps) {
  const {
    title,
    text,
    action,
    danger = true,
    disabled = false,
    children,
    onConfirm,
    onClose,
  } = props;
  const main = useRef<HTMLButtonElement>(null);
  return (
    <Dialog.Root open onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="dialog"
          onOpenAutoFocus={(event) => {
            if (disabled || main.current === null) return;
            event.preventDefault();
            main.current.focus();
          }}
        >
          <form
            onSubmit={(event) => {
              event.preventDefault();
              if (!disabled) onConfirm();
            }}
          >
            <Dialog.Title asChild>
              <h2>{title}</h2>
            </Dialog.Title>
            <Dialog.Description className="dialog-text">{text}</Dialog.Description>
            {children}
            <div className="row end">
              <button type="button" className="button" onClick={onClose}>
                Back
              </button>
              <button
                ref={main}
                type="submit"
                className={danger ? 'button danger' : 'button primary'}
                data-testid="confirm"
                disabled={disabled}
              >
                {action}
              </button>
            </div>
          </form>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

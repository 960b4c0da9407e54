import { Dialog } from 'radix-ui';

interface ConfirmDialogProps {
  readonly open: boolean;
  readonly title: string;
  readonly text: string;
  readonly action: string;
  readonly danger?: boolean;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** Asks before something is deleted or takes very long; Esc leaves everything as it is. */
export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, title, text, action, danger = true, onConfirm, onClose } = props;
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content className="dialog">
          <Dialog.Title asChild>
            <h2>{title}</h2>
          </Dialog.Title>
          <Dialog.Description>{text}</Dialog.Description>
          <div className="row end">
            <button type="button" className="button" onClick={onClose}>
              Back
            </button>
            <button
              type="button"
              className={danger ? 'button danger' : 'button primary'}
              data-testid="confirm"
              onClick={onConfirm}
            >
              {action}
            </button>
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

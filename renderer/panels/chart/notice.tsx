import { X } from 'lucide-react';
import { useEffect } from 'react';

export interface NoticeText {
  readonly text: string;
  readonly undo?: () => void;
  /** Stays until it is closed. */
  readonly lasting?: boolean;
}

const SHOWN_MS = 8_000;

/** A sentence at the foot of the chart, with a way back where there is one. */
export function ChartNotice({
  notice,
  onClose,
}: {
  readonly notice: NoticeText | null;
  readonly onClose: () => void;
}) {
  useEffect(() => {
    if (notice === null || notice.lasting === true) return undefined;
    const timer = setTimeout(onClose, SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice, onClose]);
  if (notice === null) return null;
  const { text, undo } = notice;
  return (
    <div className="chart-notice" role="status" data-testid="chart-notice">
      <span>{text}</span>
      {undo === undefined ? null : (
        <button
          type="button"
          className="button"
          onClick={() => {
            undo();
            onClose();
          }}
        >
          Undo
        </button>
      )}
      <button type="button" className="icon-button" aria-label="Close the notice" onClick={onClose}>
        <X size={12} aria-hidden />
      </button>
    </div>
  );
}

import { FileUp } from 'lucide-react';
import { openPanel } from '../client/store.ts';

/** Opens the file picker of the Data panel, or the panel where it is closed. */
function pickFile(): void {
  const picker = document.querySelector<HTMLInputElement>('[data-testid="data-file"]');
  if (picker === null) openPanel('data');
  else picker.click();
}

/** The one thing to do where there is no data. */
export function ImportButton({ primary = false }: { primary?: boolean }) {
  return (
    <button type="button" className={primary ? 'button primary' : 'button'} onClick={pickFile}>
      <FileUp size={13} aria-hidden /> Import a file
    </button>
  );
}

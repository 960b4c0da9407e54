import { DropdownMenu } from 'radix-ui';
import { useRef, useState, type ReactNode } from 'react';
import { toErrorPayload } from '../../../engine/domain/errors.ts';
import { workstation } from '../../client/store.ts';
import { download } from '../../components/csv.ts';
import { BundleDialog } from './bundle-dialog.tsx';

/** Entries of a menu that save and open bundles, and what stands outside of the menu for them. */
export function useBundleMenu(runId: string): {
  readonly items: ReactNode;
  readonly outside: ReactNode;
} {
  const picker = useRef<HTMLInputElement>(null);
  const [file, setFile] = useState<File | null>(null);
  const [notice, setNotice] = useState<string | null>(null);

  async function save(bars: boolean): Promise<void> {
    try {
      const made = await workstation().call('bundles.make', { runId, bars });
      download(made.fileName, made.bytes, 'application/zip');
      setNotice(made.missing.length === 0 ? null : made.missing.join(' '));
    } catch (thrown) {
      setNotice(toErrorPayload(thrown).message);
    }
  }

  return {
    items: (
      <>
        <DropdownMenu.Item
          className="menu-item"
          data-testid="bundle-save"
          onSelect={() => void save(true)}
        >
          Run bundle
        </DropdownMenu.Item>
        <DropdownMenu.Item className="menu-item" onSelect={() => void save(false)}>
          Run bundle without bars
        </DropdownMenu.Item>
        <DropdownMenu.Item className="menu-item" onSelect={() => picker.current?.click()}>
          Open a run bundle…
        </DropdownMenu.Item>
      </>
    ),
    outside: (
      <>
        <input
          ref={picker}
          type="file"
          accept=".renata,.zip"
          hidden
          aria-label="Run bundle"
          data-testid="bundle-file"
          onChange={(event) => {
            setFile(event.target.files?.[0] ?? null);
            // The same file can be picked again.
            event.target.value = '';
          }}
        />
        {notice === null ? null : (
          <span className="note wrong clip" role="alert" title={notice}>
            {notice}
          </span>
        )}
        {file === null ? null : <BundleDialog file={file} onClose={() => setFile(null)} />}
      </>
    ),
  };
}

import { Dialog } from 'radix-ui';
import { useEffect, useState, type KeyboardEvent } from 'react';

export interface Command {
  readonly title: string;
  readonly keys?: string;
  readonly run: () => void;
}

interface PaletteProps {
  readonly open: boolean;
  readonly onOpenChange: (open: boolean) => void;
  readonly commands: readonly Command[];
}

/** Every command by name; arrows choose, Enter runs. */
export function CommandPalette({ open, onOpenChange, commands }: PaletteProps) {
  const [search, setSearch] = useState('');
  const [index, setIndex] = useState(0);
  const words = search.toLowerCase().split(/\s+/);
  const found = commands.filter(({ title }) =>
    words.every((word) => title.toLowerCase().includes(word)),
  );
  useEffect(() => {
    if (open) setSearch('');
  }, [open]);
  useEffect(() => setIndex(0), [search]);

  function run(command: Command | undefined): void {
    onOpenChange(false);
    command?.run();
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key === 'ArrowDown') setIndex(Math.min(index + 1, found.length - 1));
    else if (event.key === 'ArrowUp') setIndex(Math.max(index - 1, 0));
    else if (event.key === 'Enter') run(found[index]);
    else return;
    event.preventDefault();
  }

  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="overlay" />
        <Dialog.Content
          className="dialog palette"
          aria-describedby={undefined}
          onKeyDown={onKeyDown}
        >
          <Dialog.Title className="hidden">Commands</Dialog.Title>
          <input
            className="search"
            type="search"
            placeholder="Type a command"
            aria-label="Command"
            data-testid="palette-search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
          />
          <ul className="list" aria-label="Commands">
            {found.map((command, i) => (
              <li key={command.title}>
                <button
                  type="button"
                  className={i === index ? 'list-row current' : 'list-row'}
                  onClick={() => run(command)}
                >
                  <span>{command.title}</span>
                  <span className="spacer" />
                  {command.keys === undefined ? null : <kbd>{command.keys}</kbd>}
                </button>
              </li>
            ))}
          </ul>
          {found.length === 0 ? <p className="muted">No command has this name.</p> : null}
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

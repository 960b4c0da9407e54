import { useMemo, useState, type KeyboardEvent } from 'react';
import { chooseForBacktest, useWorkstation, type Strategy } from '../../client/store.ts';
import { ofDocument, type KnownName } from '../../components/expression/completion.ts';
import { useKnownNames } from '../../components/expression/use-known-names.ts';
import { EmptyState, ErrorState, Loading } from '../../components/states.tsx';
import { Question } from './dialogs.tsx';
import { isEditable, withDraft, type Opened } from './editor-state.ts';
import { FormProvider } from './form-context.tsx';
import { ReadView } from './read-view.tsx';
import { CheckStatus } from './check-status.tsx';
import { focusField } from './rows.tsx';
import { StrategyForm } from './strategy-form.tsx';
import { StrategyHead } from './strategy-head.tsx';
import { StrategyList } from './strategy-list.tsx';
import { DocumentText } from './document-text-view.tsx';
import './reading.css';
import './strategy.css';
import { useCheck, type Check } from './use-check.ts';
import { useEditor, type Editor } from './use-editor.ts';

type Pending = { readonly ask: 'leave'; readonly go: () => void } | { readonly ask: 'delete' };

/** The names that expressions of a document can hold. */
function useNames(opened: Opened | null): readonly KnownName[] {
  const common = useKnownNames();
  const { parameters, define } = opened?.draft ?? {};
  return useMemo(() => {
    const own = [
      ...(parameters ?? []).map(({ name, default: value }) => ({
        name,
        description: `Parameter, ${value}`,
      })),
      ...(define ?? []).map(({ name, expression }) => ({ name, description: expression })),
    ];
    return [...own.filter(({ name }) => name !== '').map(ofDocument), ...common];
  }, [parameters, define, common]);
}

/** Strategies: a list, and a builder for those that are made of rules. */
export function StrategyPanel() {
  const strategies = useWorkstation((state) => state.strategies);
  const editor = useEditor();
  const { opened } = editor.state;
  const check = useCheck(opened);
  const [pending, setPending] = useState<Pending | null>(null);

  if (strategies === null || !editor.loaded) return <Loading label="Reading strategies …" />;

  /** Asks before changes are lost. */
  function leave(go: () => void): void {
    if (editor.dirty) setPending({ ask: 'leave', go });
    else go();
  }

  function create(): void {
    editor.create();
    focusField('name');
  }

  function duplicate(): void {
    editor.duplicate();
    focusField('name');
  }

  async function backtest(): Promise<void> {
    if (opened === null) return;
    const id = editor.dirty || opened.id === null ? await editor.save() : opened.id;
    if (id !== null) chooseForBacktest(id);
  }

  function onKeyDown(event: KeyboardEvent): void {
    const modifier = event.ctrlKey || event.metaKey;
    if (!modifier || event.altKey) return;
    if (event.key === 'Enter') void backtest();
    else if (event.key.toLowerCase() === 's') {
      if (opened !== null && isEditable(opened)) void editor.save();
    } else return;
    event.preventDefault();
    // The window has a Ctrl+Enter of its own.
    event.nativeEvent.stopImmediatePropagation();
  }

  const entry = opened === null ? undefined : entryOf(strategies, opened);
  return (
    <section
      className="panel strategy"
      aria-label="Strategy"
      data-testid="strategy-panel"
      onKeyDown={onKeyDown}
    >
      <div className="strategy-split">
        <StrategyList
          strategies={strategies}
          opened={opened}
          dirty={editor.dirty}
          onOpen={(strategy) => leave(() => void editor.open(strategy))}
          onNew={() => leave(create)}
        />
        <div className="strategy-body">
          {opened === null ? (
            <EmptyState
              title="Rules make a strategy"
              hint="Choose one on the left to read or copy it, or write your own: when to buy, when to leave, how much."
            >
              <button
                type="button"
                className="button primary"
                data-testid="strategy-first"
                onClick={create}
              >
                New strategy
              </button>
            </EmptyState>
          ) : (
            <>
              <StrategyHead
                editor={editor}
                opened={opened}
                entry={entry}
                check={check}
                onBacktest={() => void backtest()}
                onDelete={() => setPending({ ask: 'delete' })}
                onDuplicate={duplicate}
              />
              <Failure editor={editor} />
              <Body editor={editor} opened={opened} entry={entry} check={check} />
              {opened.language === null ? null : (
                <CheckStatus opened={opened} check={check} onView={editor.setView} />
              )}
            </>
          )}
        </div>
      </div>
      {pending?.ask === 'leave' ? (
        <Question
          title={`Save the changes to ${opened?.draft.name || 'the new strategy'}?`}
          onClose={() => setPending(null)}
          answers={[
            { label: 'Discard', testId: 'strategy-discard', run: pending.go },
            {
              label: 'Save',
              look: 'primary',
              testId: 'strategy-save-first',
              disabled: check === null || check.problems.length > 0 || opened?.problem !== null,
              run: () => void editor.save().then((id) => id !== null && pending.go()),
            },
          ]}
        >
          They are lost otherwise. A strategy with problems cannot be saved.
        </Question>
      ) : null}
      {pending?.ask === 'delete' ? (
        <Question
          title={`Delete ${opened?.draft.name || 'this strategy'}?`}
          onClose={() => setPending(null)}
          answers={[
            {
              label: 'Delete',
              look: 'danger',
              testId: 'strategy-delete-yes',
              run: () => void editor.remove(),
            },
          ]}
        >
          {opened?.id === null
            ? 'It has not been saved.'
            : `Its file ${entry?.file ?? ''} is deleted. Backtests that were made with it stay.`}
        </Question>
      ) : null}
    </section>
  );
}

function entryOf(strategies: readonly Strategy[], { id, origin }: Opened): Strategy | undefined {
  return strategies.find((each) => each.id === id && each.origin === origin);
}

function Failure({ editor }: { editor: Editor }) {
  const { failure } = editor;
  if (failure === null) return null;
  if (failure.code !== 'CONFLICT') {
    return (
      <p className="strategy-failure" role="alert" data-testid="strategy-failure">
        {failure.message}{' '}
        <button type="button" className="button" onClick={editor.dismiss}>
          Dismiss
        </button>
      </p>
    );
  }
  const { id, origin } = editor.state.opened ?? {};
  return (
    <p className="strategy-failure" role="alert" data-testid="strategy-failure">
      {failure.message}{' '}
      <button type="button" className="button" onClick={() => void editor.save(true)}>
        Write over it
      </button>{' '}
      <button
        type="button"
        className="button"
        onClick={() => {
          if (typeof id === 'string' && origin !== undefined) void editor.open({ id, origin });
        }}
      >
        Take the file’s version
      </button>
    </p>
  );
}

function Body({
  editor,
  opened,
  entry,
  check,
}: {
  readonly editor: Editor;
  readonly opened: Opened;
  readonly entry: Strategy | undefined;
  readonly check: Check | null;
}) {
  const known = useNames(opened);
  const { view } = editor.state;
  const readOnly = !isEditable(opened) || opened.problem !== null;
  const form = useMemo(
    () => ({
      draft: opened.draft,
      change: (part: Parameters<typeof withDraft>[1]) => editor.change(withDraft(opened, part)),
      // What is still empty is not wrong before anything has been written.
      problems: untouched(opened) ? [] : (check?.problems ?? []),
      checked: check?.draft ?? opened.draft,
      known,
      readOnly,
    }),
    [opened, editor, check, known, readOnly],
  );
  if (opened.language === null) {
    const { fetched } = editor;
    const shown = entry ?? fetched?.entry;
    if (shown === undefined) return <Loading label="Reading the strategy …" />;
    return (
      <ReadView
        strategy={shown}
        text={fetched?.text ?? null}
        directory={fetched?.directory ?? null}
      />
    );
  }
  if (view !== 'form') {
    return (
      <DocumentText
        key={`${opened.origin} ${opened.id ?? ''} ${view}`}
        opened={opened}
        language={view}
        check={check}
        onChange={editor.change}
      />
    );
  }
  return (
    <div className="form-scroll">
      {opened.problem === null ? null : (
        <ErrorState
          error={{
            code: 'BAD_FILE',
            message: `The text cannot be read${
              opened.problem.line === null ? '' : ` from line ${opened.problem.line} on`
            }: ${opened.problem.message} The form shows it as it was before.`,
            retryable: false,
          }}
        />
      )}
      <FormProvider value={form}>
        <StrategyForm />
      </FormProvider>
    </div>
  );
}

/** Whether a new strategy is still as empty as it came. */
export function untouched({ id, text, saved }: Opened): boolean {
  return id === null && text === saved;
}

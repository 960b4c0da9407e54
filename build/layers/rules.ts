/**
 * Who may import whom, as docs/architecture.md draws it. A room is a folder; the most specific one that
 * holds a file decides. What is not allowed here is an error.
 */
export interface Room {
  readonly path: string;
  /** Rooms (path prefixes) that files of this one may import; their own room is always allowed. */
  readonly rooms: readonly string[];
  /** Packages; `*` allows all but electron. */
  readonly packages: readonly string[];
  /** Node's own modules; `*` allows all. */
  readonly node: readonly string[];
  /** Whether clock, randomness and timers of the platform may be used. */
  readonly clock: boolean;
}

/** Stands for a package whose name is only known when the program runs. */
export const COMPUTED = '(computed)';

/** Rooms of the engine from the bottom up: each may import those before it. */
const ENGINE_ORDER = [
  'series',
  'indicators',
  'patterns',
  'expressions',
  'orders',
  'portfolio',
  'risk',
  'execution',
  'stats',
  'backtest',
  'strategies',
  'live',
  'validation',
  'sweep',
  'scanner',
  'allocation',
  'report',
];
/** Rooms that read or make documents which the contract describes. */
const WITH_CONTRACT: ReadonlySet<string> = new Set(['strategies', 'report']);

const engineRooms: Room[] = ENGINE_ORDER.map((name, index) => ({
  path: `engine/${name}`,
  rooms: [
    'engine/domain',
    'engine/ports',
    ...(WITH_CONTRACT.has(name) ? ['engine/protocol'] : []),
    ...ENGINE_ORDER.slice(0, index).map((below) => `engine/${below}`),
  ],
  packages: ['@noble/hashes'],
  node: [],
  clock: false,
}));

const WINDOW_PACKAGES = [
  'react',
  'react-dom',
  'zustand',
  'dockview-react',
  'lightweight-charts',
  'ag-grid-react',
  'ag-grid-community',
  'radix-ui',
  'lucide-react',
  'clsx',
  'yaml',
];

function windowRoom(path: string, rooms: readonly string[]): Room {
  return {
    path,
    rooms: ['engine/domain', 'engine/protocol', 'engine/series', ...rooms],
    packages: WINDOW_PACKAGES,
    node: [],
    clock: true,
  };
}

function mainRoom(path: string, rooms: readonly string[], packages: readonly string[]): Room {
  return { path, rooms, packages, node: ['*'], clock: true };
}

export const ROOMS: readonly Room[] = [
  { path: 'engine/domain', rooms: [], packages: [], node: [], clock: false },
  {
    path: 'engine/protocol',
    rooms: ['engine/domain'],
    packages: ['zod', '@msgpack/msgpack'],
    node: [],
    clock: false,
  },
  { path: 'engine/ports', rooms: ['engine/domain'], packages: [], node: [], clock: false },
  ...engineRooms,
  {
    path: 'workers',
    rooms: ['engine'],
    // The sandbox of strategies that somebody else wrote; computed, those that the user trusts.
    packages: ['quickjs-emscripten', COMPUTED],
    // Packing is a pure function of its bytes.
    node: ['node:worker_threads', 'node:zlib'],
    clock: false,
  },
  mainRoom('electron', ['engine', 'electron'], ['*']),
  mainRoom('electron/storage', ['engine'], ['*']),
  mainRoom('electron/services', ['engine', 'electron/storage', 'electron/net'], ['*']),
  mainRoom('electron/ipc', ['engine', 'electron/services'], ['*']),
  mainRoom(
    'electron/api',
    ['engine', 'electron/ipc', 'electron/services', 'electron/storage'],
    ['*'],
  ),
  mainRoom('electron/net', ['engine/domain', 'engine/ports'], ['*']),
  mainRoom('electron/adapters', ['engine/domain', 'engine/ports', 'electron/net'], ['*']),
  // Paper trading fills orders by the backtest's own rules, so this one reaches for them.
  mainRoom(
    'electron/adapters/simulated',
    [
      'engine/domain',
      'engine/ports',
      'engine/series',
      'engine/orders',
      'engine/portfolio',
      'engine/backtest',
      'electron/net',
    ],
    ['*'],
  ),
  mainRoom('electron/shell', ['engine', 'electron/ipc', 'electron/services'], ['*', 'electron']),
  mainRoom('electron/main.ts', ['engine', 'electron'], ['*', 'electron']),
  mainRoom('electron/preload.ts', ['engine/protocol'], ['electron']),
  windowRoom('renderer', ['renderer']),
  windowRoom('renderer/client', []),
  windowRoom('renderer/components', ['renderer/client']),
  windowRoom('renderer/panels', ['renderer/components', 'renderer/client']),
  windowRoom('renderer/app', ['renderer']),
];

/** Folders whose direct sub-folders are walled off from each other. */
export const SEPARATE = ['renderer/panels', 'electron/adapters'] as const;

/** Folders that hold product code; `tests` and `build` may import anything and nothing imports them. */
export const PRODUCT = ['engine', 'workers', 'electron', 'renderer'] as const;

export function roomOf(file: string): Room | undefined {
  let best: Room | undefined;
  for (const room of ROOMS) {
    const inside = file === room.path || file.startsWith(`${room.path}/`);
    if (inside && (best === undefined || room.path.length > best.path.length)) best = room;
  }
  return best;
}

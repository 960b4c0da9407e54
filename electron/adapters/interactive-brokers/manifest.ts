import type { AdapterManifest } from '../../net/adapter.ts';
import { Contracts } from './contracts.ts';
import { TwsData } from './data.ts';
import { TwsExecution } from './execution.ts';
import { TwsSession } from './session.ts';
import { FIELDS, LIVE_PORTS, readSettings } from './settings.ts';

/** Added to the client id for a second process: TWS refuses two programs with the same. */
const SECOND_CLIENT = 10_000;

export const manifest: AdapterManifest = {
  id: 'interactive-brokers',
  title: 'Interactive Brokers',
  description:
    'Orders, accounts and prices through Trader Workstation or IB Gateway on this computer.',
  roles: ['data', 'execution'],
  fields: FIELDS,
  // Before it is connected only the settings can tell; afterwards the names of the accounts do.
  isLive: (settings) =>
    settings['mode'] === 'live' || LIVE_PORTS.includes(Number(settings['port'] ?? 0)),
  secondSettings: (settings) => ({
    ...settings,
    clientId: (readSettings(settings).clientId + SECOND_CLIENT) % 1_000_000,
  }),
  open: (settings, _keys, context) => {
    const session = new TwsSession(readSettings(settings), context);
    const contracts = new Contracts(session);
    return {
      execution: new TwsExecution(session, contracts),
      data: new TwsData(session, contracts),
    };
  },
};

import { safeStorage } from 'electron';
import type { Vault } from '../services/connections/keys.ts';

/**
 * The system's keychain, by Electron. It can be asked once the app is ready. On Linux without a secret
 * service Electron scrambles with a fixed key, which protects from nobody: that is `weak`.
 */
export const electronVault: Vault = {
  get strength() {
    if (!safeStorage.isEncryptionAvailable()) return 'none';
    return process.platform === 'linux' && WEAK.has(safeStorage.getSelectedStorageBackend())
      ? 'weak'
      : 'keychain';
  },
  get name() {
    if (process.platform === 'darwin') return 'Keychain';
    if (process.platform === 'win32') return 'DPAPI';
    return safeStorage.getSelectedStorageBackend();
  },
  seal: (text) => safeStorage.encryptString(text),
  open: (sealed) => safeStorage.decryptString(Buffer.from(sealed)),
};

const WEAK: ReadonlySet<string> = new Set(['basic_text', 'unknown']);

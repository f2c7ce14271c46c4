export class DataDirInUseError extends Error {
  constructor(dataDir: string) {
    super(
      `Another process serves ${dataDir}. On SQLite one process owns its DATA_DIR: ` +
        'stop the other one, choose another DATA_DIR, or set DATABASE_URL to run several.',
    );
  }
}

/** What would be refused later, at every write, and cannot be told from what an outage refuses. */
export class DatabaseReadOnlyError extends Error {
  constructor(isStandby: boolean) {
    super(
      isStandby
        ? 'it is a read-only standby. Name the primary by DATABASE_URL, or promote it'
        : 'it takes no writes, since default_transaction_read_only is on',
    );
  }
}

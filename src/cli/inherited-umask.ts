/** As the command was called; from here on what it writes is nobody else's to read. */
export const inheritedUmask = process.umask(0o077);

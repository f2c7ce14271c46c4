/** The package has types of its index alone. */
declare module 'class-validator/cjs/*' {
  export * from 'class-validator';
}

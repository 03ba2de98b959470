/** Why nothing can be imported: the source, or a file, is not valid. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  /**
   * A code for programs. `invalid`: a file cannot be read; `incomplete`: it is not the whole list; `source_unavailable`: a
   * database.
   */
  readonly code: 'invalid' | 'incomplete' | 'source_unavailable';
  constructor(code: ImportError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

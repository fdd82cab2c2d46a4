/** Who sends a request, as `authenticate` says. */
export interface User {
  /** Unique and stable: owns what the user stores. */
  readonly id: string;
  readonly isAdmin: boolean;
}

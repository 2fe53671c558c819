/** What of the media plane is alive now. All counts are zero when no call is on: tests and metrics read it. I/O thread. */
export class MediaCensus {
  /** Streams that have not ended. */
  streams = 0;
  /** Sockets whose close the server has not reported yet, of live and of ended streams. */
  sockets = 0;
}

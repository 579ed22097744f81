// Package bbb asks BigBlueButton servers for their meetings through their own API,
// which alone proves that a server is empty. Any reply that is not a complete and
// consistent answer of BigBlueButton is an error.
//
// # Recordings
//
// The API cannot prove that no recording is left to process, so that it is not asked
// for recordings, and the generated rules use the metrics of bbb-exporter instead:
//   - getRecordings lists as processing what lies in /var/bigbluebutton/recording/process.
//     A recording gets there after the steps archive and sanity, which take minutes for
//     a long meeting, and only once those before it in the queue are done. Until then
//     no state shows it, and none shows the transfer to Scalelite after publishing
//     (https://github.com/bigbluebutton/bigbluebutton/issues/20578 and /issues/13700 ask
//     for such states; RecordingServiceFileImpl.java reads the directories).
//   - Without the ids of recordings and without a limit, a server may be set to answer
//     with an empty list whatever it has (allowFetchAllRecordings).
//   - A recording whose processing failed stays listed as processing.
//
// bbb-exporter's bbb_recordings_unprocessed counts the queue on the server's disk.
package bbb

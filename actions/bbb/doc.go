// Package bbb implements fleet.Meetings: it reads the running meetings from the API of
// each BigBlueButton server. Only this proves that a server is empty. Any reply that is
// not a complete and consistent answer of BigBlueButton is an error.
//
// # Recordings
//
// The API cannot prove that no recording is left to process, so the package does not
// read recordings. The generated rules use the metrics of bbb-exporter instead.
//   - In getRecordings, the state processing stands for the directories below
//     /var/bigbluebutton/recording/process (RecordingServiceFileImpl.java). A recording
//     is there only after the steps archive and sanity, which take minutes for a long
//     meeting, and after the recordings before it in the queue. No state stands for
//     these steps, or for the transfer to Scalelite after the recording is published.
//     https://github.com/bigbluebutton/bigbluebutton/issues/20578 and
//     https://github.com/bigbluebutton/bigbluebutton/issues/13700 ask for such states.
//   - Without ids of recordings and without a limit, the list is empty on servers that
//     are configured so (allowFetchAllRecordings), whatever recordings they have.
//   - A recording that failed to process stays in the state processing.
//
// bbb_recordings_unprocessed of bbb-exporter counts the queue on the disk of the server.
package bbb

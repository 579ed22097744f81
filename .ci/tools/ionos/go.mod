// The last version of the SDK whose module holds the API's OpenAPI text, of January
// 2023. The tests read the text, and nothing is built from here.
module github.com/bbb-scaler/bbb-scaler/ci/tools/ionos

go 1.26.0

require github.com/ionos-cloud/sdk-go/v6 v6.1.4

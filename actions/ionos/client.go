package ionos

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"

	sdk "github.com/ionos-cloud/sdk-go/v6"

	"github.com/bbb-scaler/bbb-scaler/actions/fleet"
	"github.com/bbb-scaler/bbb-scaler/actions/outbound"
)

// Client implements fleet.Cloud for one login. It is safe for concurrent use.
type Client struct {
	api      *sdk.APIClient
	contract int64
}

var _ fleet.Cloud = (*Client)(nil)

// New returns a client. c must be valid, and the files that it names must have been
// read into Password and Token. New makes no calls. It returns an error if CAFile
// cannot be used.
func New(c Config, o outbound.Options) (*Client, error) {
	base, err := o.Connect(outbound.Connections{
		// Twice the number of concurrent calls, because the check of a write makes calls
		// while the write holds its connection.
		CAFile: c.CAFile, ConnectTimeout: c.ConnectTimeout, MaxPerHost: 2 * c.MaxConnections,
	})
	if err != nil {
		return nil, fmt.Errorf("ionos: %w", err)
	}
	api, err := newAPI(c.URL, outbound.NewClient(newPolicy(c, base, o)))
	return &Client{api, c.ContractNumber}, err
}

// newPolicy returns the transport under the SDK.
func newPolicy(c Config, base http.RoundTripper, o outbound.Options) *policy {
	return &policy{
		base: base, authorize: login(c), contract: contractNumber(c), timeout: c.RequestTimeout,
		retry: outbound.Retry{Attempts: c.MaxAttempts, Backoff: outbound.Backoff{Base: 500 * time.Millisecond, Max: 10 * time.Second}},
		lanes: newLanes(c.MaxConnections, c.Datacenters), pace: newPace(c.MaxConnections),
		metrics: outbound.NewMetrics(o.Registerer, "cloud"), log: o.Logger(),
	}
}

// newAPI returns the SDK's client. It sets the configuration itself, because the SDK's
// constructors read log level, credentials and address from the environment. The
// configuration has no credentials; policy adds them. MaxRetries of 1 turns the SDK's
// own retries off.
func newAPI(base string, client *http.Client) (*sdk.APIClient, error) {
	const version = sdk.DefaultIonosBasePath
	u, err := url.Parse(strings.TrimSuffix(strings.TrimSuffix(base, "/"), version) + version)
	if err != nil {
		return nil, errors.New("ionos.url is not a URL")
	}
	config := &sdk.Configuration{
		Host: u.Host, Scheme: u.Scheme, Servers: sdk.ServerConfigurations{{URL: u.String()}},
		DefaultQueryParams: url.Values{"pretty": {"false"}}, UserAgent: "bbb-scaler",
		MaxRetries: 1, LogLevel: sdk.Off, HTTPClient: &http.Client{},
	}
	api := sdk.NewAPIClient(config)
	// Set last, because NewAPIClient replaces the transport if IONOS_PINNED_CERT is set.
	config.HTTPClient = client
	return api, nil
}

// login returns a function that adds the configured credentials to a header.
func login(c Config) func(http.Header) {
	value := "Bearer " + c.Token.Reveal()
	if c.Token == "" {
		pair := c.Username + ":" + c.Password.Reveal()
		value = "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	}
	return func(h http.Header) { h.Set("Authorization", value) }
}

// contractNumber returns the value of the header X-Contract-Number, or "" for none.
func contractNumber(c Config) string {
	if c.ContractNumber == 0 {
		return ""
	}
	return strconv.FormatInt(c.ContractNumber, 10)
}

// Servers implements fleet.Cloud with one call for each 1,000 servers. At depth 3 the
// list includes the addresses and the hot-plug flags of all servers.
func (c *Client) Servers(ctx context.Context, datacenter string) ([]fleet.CloudServer, error) {
	const page = 1000
	var servers []fleet.CloudServer
	seen := map[string]bool{}
	for offset := 0; ; offset += page {
		list, _, err := c.api.ServersApi.DatacentersServersGet(ctx, datacenter).
			Depth(3).Limit(page).Offset(int32(offset)).Execute()
		if err != nil {
			return nil, listError(datacenter, err)
		}
		fresh := 0
		for _, s := range serversOf(list) {
			if s.ID == "" || seen[s.ID] {
				continue // without an id, or moved between two pages
			}
			s.Datacenter, seen[s.ID] = datacenter, true
			servers, fresh = append(servers, s), fresh+1
		}
		if !more(list, page) {
			return servers, nil
		}
		if fresh == 0 {
			return nil, fmt.Errorf("listing the servers of datacenter %s: the page at offset %d has no new servers, although it is not the last", datacenter, offset)
		}
	}
}

// listError returns the error of a list call.
func listError(datacenter string, err error) error {
	err = fmt.Errorf("listing the servers of datacenter %s: %w", datacenter, outbound.OneLine(err))
	if errors.Is(err, fleet.ErrGone) {
		return fmt.Errorf("%w; check fleet.datacenters", err)
	}
	return err
}

// Server implements fleet.Cloud with one call.
func (c *Client) Server(ctx context.Context, s fleet.ServerRef) (fleet.CloudServer, error) {
	got, _, err := c.api.ServersApi.DatacentersServersFindById(ctx, s.Datacenter, s.ID).Depth(3).Execute()
	if err != nil {
		return fleet.CloudServer{}, fmt.Errorf("reading server %s in datacenter %s: %w", s.ID, s.Datacenter, outbound.OneLine(err))
	}
	server := serverOf(got)
	if server.ID != s.ID {
		return fleet.CloudServer{}, fmt.Errorf("reading server %s in datacenter %s: the answer is about server %q", s.ID, s.Datacenter, outbound.Brief(server.ID))
	}
	server.Datacenter = s.Datacenter
	return server, nil
}

// Start implements fleet.Cloud. A CUBE is resumed, because IONOS refuses to start it.
// All other types are started, since IONOS documents resume only for CUBE.
func (c *Client) Start(ctx context.Context, s fleet.ServerRef) (request string, err error) {
	if s.Template == typeCube {
		resp, err := c.api.ServersApi.DatacentersServersResumePost(ctx, s.Datacenter, s.ID).Execute()
		return accepted("resuming", s, resp, err)
	}
	resp, err := c.api.ServersApi.DatacentersServersStartPost(ctx, s.Datacenter, s.ID).Execute()
	return accepted("starting", s, resp, err)
}

// Stop implements fleet.Cloud. IONOS releases the server's cores and RAM and no longer
// charges for them, unlike after a shutdown by the operating system. A CUBE is
// suspended; IONOS still charges for it, since it keeps its cores and RAM.
func (c *Client) Stop(ctx context.Context, s fleet.ServerRef) (request string, err error) {
	if s.Template == typeCube {
		resp, err := c.api.ServersApi.DatacentersServersSuspendPost(ctx, s.Datacenter, s.ID).Execute()
		return accepted("suspending", s, resp, err)
	}
	resp, err := c.api.ServersApi.DatacentersServersStopPost(ctx, s.Datacenter, s.ID).Execute()
	return accepted("stopping", s, resp, err)
}

// Resize implements fleet.Cloud with one PATCH of cores and RAM.
func (c *Client) Resize(ctx context.Context, s fleet.ServerRef, to fleet.Size) (request string, err error) {
	cores, ram := int32(to.Cores), int32(to.RAM)
	_, resp, err := c.api.ServersApi.DatacentersServersPatch(ctx, s.Datacenter, s.ID).
		Server(sdk.ServerProperties{Cores: &cores, Ram: &ram}).Execute()
	return accepted(fmt.Sprintf("resizing to %s", to), s, resp, err)
}

// accepted returns the id of the request in the answer's Location header. A write with
// a 2xx status was accepted, even if the SDK cannot decode the body.
func accepted(doing string, s fleet.ServerRef, resp *sdk.APIResponse, err error) (string, error) {
	if resp.SafeStatusCode()/100 == 2 {
		return requestID(resp.Header.Get("Location")), nil
	}
	return "", fmt.Errorf("%s server %s in datacenter %s: %w", doing, s.ID, s.Datacenter, outbound.OneLine(err))
}

// requestID returns the id in ".../requests/{id}/status", or "" for any other path.
func requestID(location string) string {
	before, last := path.Split(location)
	if last != "status" {
		return ""
	}
	if parent, id := path.Split(strings.TrimSuffix(before, "/")); path.Base(parent) == "requests" {
		return id
	}
	return ""
}

// Request implements fleet.Cloud. An empty id, from an answer without one, counts as a
// request that the cloud no longer knows.
func (c *Client) Request(ctx context.Context, id string) (fleet.RequestStatus, error) {
	if id == "" {
		return fleet.RequestStatus{Phase: fleet.RequestDone}, nil
	}
	status, _, err := c.api.RequestsApi.RequestsStatusGet(ctx, id).Execute()
	switch err = outbound.OneLine(err); {
	case errors.Is(err, fleet.ErrGone):
		return fleet.RequestStatus{Phase: fleet.RequestDone}, nil
	case err != nil:
		return fleet.RequestStatus{}, fmt.Errorf("reading request %s: %w", id, err)
	}
	return requestStatus(status), nil
}

// Contract implements fleet.Cloud. A limit that is missing in the answer counts as
// unlimited, since the cloud itself refuses changes beyond it. The error says what to
// set if ContractNumber does not select one contract.
func (c *Client) Contract(ctx context.Context) (fleet.Contract, error) {
	list, _, err := c.api.ContractResourcesApi.ContractsGet(ctx).Depth(1).Execute()
	if err != nil {
		return fleet.Contract{}, fmt.Errorf("reading the contract: %w", outbound.OneLine(err))
	}
	limits, err := limitsOf(list, c.contract)
	if err != nil {
		return fleet.Contract{}, fmt.Errorf("reading the contract: %w", err)
	}
	return room(limits), nil
}

// unlimited is the value of a limit that is missing in the cloud's answer.
const unlimited = math.MaxInt32

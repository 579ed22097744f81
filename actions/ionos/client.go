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

// Client is the fleet.Cloud of one login. It is safe for concurrent use.
type Client struct {
	api      *sdk.APIClient
	contract int64
}

var _ fleet.Cloud = (*Client)(nil)

// New returns a client for a configuration that is valid and has its secrets
// read. It makes no call.
func New(c Config, o outbound.Options) (*Client, error) {
	base, err := o.Connect(outbound.Connections{
		// Twice the calls at once: a write that has its connection may have to wait for
		// the calls of its check.
		CAFile: c.CAFile, ConnectTimeout: c.ConnectTimeout, MaxPerHost: 2 * c.MaxConnections,
	})
	if err != nil {
		return nil, fmt.Errorf("ionos: %w", err)
	}
	api, err := newAPI(c.URL, outbound.NewClient(newPolicy(c, base, o)))
	return &Client{api, c.ContractNumber}, err
}

func newPolicy(c Config, base http.RoundTripper, o outbound.Options) *policy {
	return &policy{
		base: base, authorize: login(c), contract: contractNumber(c), timeout: c.RequestTimeout,
		retry: outbound.Retry{Attempts: c.MaxAttempts, Backoff: outbound.Backoff{Base: 500 * time.Millisecond, Max: 10 * time.Second}},
		lanes: newLanes(c.MaxConnections, c.Datacenters), pace: newPace(c.MaxConnections),
		metrics: outbound.NewMetrics(o.Registerer, "cloud"), log: o.Logger(),
	}
}

// newAPI builds the SDK's client. Its configuration is written out, since the
// SDK's constructors take log level, credentials and address from the
// environment; it holds no credentials at all. One attempt is what switches
// the SDK's own retries off.
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
	// Only now: NewAPIClient replaces the transport when IONOS_PINNED_CERT is set.
	config.HTTPClient = client
	return api, nil
}

// login returns what adds the configured credentials to a request.
func login(c Config) func(http.Header) {
	value := "Bearer " + c.Token.Reveal()
	if c.Token == "" {
		pair := c.Username + ":" + c.Password.Reveal()
		value = "Basic " + base64.StdEncoding.EncodeToString([]byte(pair))
	}
	return func(h http.Header) { h.Set("Authorization", value) }
}

func contractNumber(c Config) string {
	if c.ContractNumber == 0 {
		return ""
	}
	return strconv.FormatInt(c.ContractNumber, 10)
}

// Servers implements fleet.Cloud with one call for each thousand servers: at
// depth 3 the list holds the addresses and the hot-plug flags of all of them.
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
			return nil, fmt.Errorf("listing the servers of datacenter %s: the page at offset %d brings nothing new, although more are announced", datacenter, offset)
		}
	}
}

func listError(datacenter string, err error) error {
	err = fmt.Errorf("listing the servers of datacenter %s: %w", datacenter, outbound.OneLine(err))
	if errors.Is(err, fleet.ErrGone) {
		return fmt.Errorf("%w; check fleet.datacenters", err)
	}
	return err
}

// Server implements fleet.Cloud in one call.
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

// Start implements fleet.Cloud. A CUBE is resumed: IONOS refuses to start it, and
// resumes no other. A GPU is started, since suspend and resume are documented for
// CUBE alone.
func (c *Client) Start(ctx context.Context, s fleet.ServerRef) (request string, err error) {
	if s.Template == typeCube {
		resp, err := c.api.ServersApi.DatacentersServersResumePost(ctx, s.Datacenter, s.ID).Execute()
		return accepted("resuming", s, resp, err)
	}
	resp, err := c.api.ServersApi.DatacentersServersStartPost(ctx, s.Datacenter, s.ID).Execute()
	return accepted("starting", s, resp, err)
}

// Stop implements fleet.Cloud. The provider frees the server's cores and RAM
// and charges them no longer, unlike a shutdown from inside. A CUBE is suspended,
// and charged all the same: it keeps what its template gives it.
func (c *Client) Stop(ctx context.Context, s fleet.ServerRef) (request string, err error) {
	if s.Template == typeCube {
		resp, err := c.api.ServersApi.DatacentersServersSuspendPost(ctx, s.Datacenter, s.ID).Execute()
		return accepted("suspending", s, resp, err)
	}
	resp, err := c.api.ServersApi.DatacentersServersStopPost(ctx, s.Datacenter, s.ID).Execute()
	return accepted("stopping", s, resp, err)
}

// Resize implements fleet.Cloud.
func (c *Client) Resize(ctx context.Context, s fleet.ServerRef, to fleet.Size) (request string, err error) {
	cores, ram := int32(to.Cores), int32(to.RAM)
	_, resp, err := c.api.ServersApi.DatacentersServersPatch(ctx, s.Datacenter, s.ID).
		Server(sdk.ServerProperties{Cores: &cores, Ram: &ram}).Execute()
	return accepted(fmt.Sprintf("resizing to %s", to), s, resp, err)
}

// accepted returns the request's id out of the answer's Location. A write that
// the cloud accepted is one, also where the SDK cannot read the answer's body.
func accepted(doing string, s fleet.ServerRef, resp *sdk.APIResponse, err error) (string, error) {
	if resp.SafeStatusCode()/100 == 2 {
		return requestID(resp.Header.Get("Location")), nil
	}
	return "", fmt.Errorf("%s server %s in datacenter %s: %w", doing, s.ID, s.Datacenter, outbound.OneLine(err))
}

// requestID is the id in ".../requests/{id}/status", or "".
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

// Request implements fleet.Cloud. An empty id, of an answer that named none,
// is a request that the cloud does not know.
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

// Contract implements fleet.Cloud. A limit that the cloud does not tell is
// none: the cloud itself refuses what goes beyond.
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

// unlimited stands for a limit that the cloud does not tell.
const unlimited = math.MaxInt32

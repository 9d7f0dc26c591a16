package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
)

// listen listens on an address, and gives it with the port that 0 stood for.
func listen(ctx context.Context, address string) (net.Listener, string, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, "", fmt.Errorf("listen: %w", err)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, "", fmt.Errorf("listen: %w", err)
	}
	if tcp, ok := ln.Addr().(*net.TCPAddr); ok {
		address = net.JoinHostPort(host, strconv.Itoa(tcp.Port))
	}
	return ln, address, nil
}

// defaultPublicURL gives the URL of a hub that listens on an address. Clients
// can't dial "all addresses": on this machine, they are localhost.
func defaultPublicURL(address string) string {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return ""
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}

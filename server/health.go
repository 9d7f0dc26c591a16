package server

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/scimresource/fault"
	"github.com/scimhub/scimhub/server/route"
)

// Paths of the operational endpoints.
const (
	healthPath  = "/healthz"
	readyPath   = "/readyz"
	metricsPath = "/metrics"
)

// readyTimeout bounds a readiness check: a prober that waits longer would call
// the check failed anyway.
const readyTimeout = 2 * time.Second

func (s *Server) healthRoutes() []route.Route {
	get := func(path string, h route.Handler) route.Route {
		return route.Route{Method: http.MethodGet, Path: path, Access: route.Public(), Handler: h}
	}
	return []route.Route{
		get(healthPath, healthz),
		get(readyPath, s.readyz),
		get(metricsPath, s.serveMetrics),
	}
}

// isProbe reports whether machines ask for a route every few seconds.
func isProbe(pattern string) bool {
	return pattern == healthPath || pattern == readyPath || pattern == metricsPath
}

type health struct {
	Status string `json:"status"`
}

// healthz says that the process lives. It checks nothing else: restarting the
// process mends no database.
func healthz(c *gin.Context) error {
	writeJSON(c, http.StatusOK, "application/json", health{"ok"})
	return nil
}

// readyz says whether the hub can serve requests now.
func (s *Server) readyz(c *gin.Context) error {
	ctx, cancel := context.WithTimeout(c.Request.Context(), readyTimeout)
	defer cancel()
	err := s.ready(ctx)
	s.logReadiness(ctx, err)
	if err != nil {
		c.Header("Retry-After", retryAfter)
		writeError(c, answerTo(fault.Unavailable), notReady(err))
		return nil
	}
	writeJSON(c, http.StatusOK, "application/json", health{"ready"})
	return nil
}

// logReadiness logs when readiness changes, not whenever it is asked for.
func (s *Server) logReadiness(ctx context.Context, err error) {
	switch failed := err != nil; {
	case s.failing.Swap(failed) == failed:
	case failed:
		s.logger.WarnContext(ctx, "not ready", "error", err)
	default:
		s.logger.InfoContext(ctx, "ready again")
	}
}

// notReady tells a prober why, without internals.
func notReady(err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok && f.Kind != fault.Internal {
		return f.Detail
	}
	return "the hub is not ready; the log says why"
}

func (s *Server) serveMetrics(c *gin.Context) error {
	s.metrics.handler.ServeHTTP(c.Writer, c.Request)
	return nil
}

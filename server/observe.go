package server

import (
	"log/slog"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/scimhub/scimhub/server/route"
)

// unmatched stands for the route of a request that no route answers: paths
// that clients make up must not become labels.
const unmatched = "unmatched"

// observe writes the access log and the metrics of a request. The log never
// holds query strings, bodies or credentials: they are full of personal data.
func (s *Server) observe(c *gin.Context) {
	start := time.Now()
	s.metrics.inFlight.Inc()
	defer func() {
		s.metrics.inFlight.Dec()
		s.record(c, time.Since(start))
	}()
	c.Next()
}

func (s *Server) record(c *gin.Context, took time.Duration) {
	pattern := c.FullPath()
	if pattern == "" {
		pattern = unmatched
	}
	status := c.Writer.Status()
	labels := []string{methodLabel(c.Request.Method), pattern, strconv.Itoa(status)}
	s.metrics.requests.WithLabelValues(labels...).Inc()
	if !route.Long(c) {
		s.metrics.duration.WithLabelValues(labels...).Observe(took.Seconds())
	}

	level := slog.LevelInfo
	if isProbe(pattern) {
		level = slog.LevelDebug
	}
	actor := route.Actor(c)
	s.logger.LogAttrs(c.Request.Context(), level, "request",
		slog.String("method", c.Request.Method),
		slog.String("route", pattern),
		slog.Int("status", status),
		slog.Duration("duration", took),
		slog.Int("bytes", max(c.Writer.Size(), 0)), // of the body, before compression
		slog.String("request_id", route.RequestID(c)),
		slog.String("organization_id", actor.OrganizationID),
		slog.String("directory_id", actor.DirectoryID),
		slog.String("token_id", actor.TokenID),
	)
}

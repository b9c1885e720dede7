//! Orders: a place to be observed by an instrument in a span, as STAPI has them. An order becomes a
//! watch; the answers of that watch are what it delivers.

use crate::answers::{self, AnswerSummary};
use crate::chain::{Chain, blocking};
use crate::error::WatchError;
use crate::forecast::suits;
use crate::notify::EventKind;
use crate::opportunity::{OpportunityRequest, carriers};
use crate::register::Register;
use crate::request::{NewWatch, Watch, area_json};
use crate::search::SearchRecord;
use corridor_catalog::digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Half the side of the square that is watched where a point is ordered, km.
const POINT_HALF_KM: f64 = 5.0;

/// Characters of an order's id.
const ID_CHARS: usize = 16;

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewOrder {
    /// By which instrument, where and when.
    pub request: OpportunityRequest,
    /// Id of the product (recipe) to compute; the first that suits where it is not said.
    pub recipe: Option<String>,
    /// 1 (first) to 5 (last); 3 where it is not said.
    pub priority: Option<u8>,
    /// Webhook addresses that are told of what is delivered.
    pub notify: Vec<String>,
}

/// Why an order will not be met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A word for programs.
    pub code: String,
    /// A sentence.
    pub text: String,
}

/// An order as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Unique; the same order placed twice is one.
    pub id: String,
    /// What was ordered.
    pub ordered: NewOrder,
    /// When it was placed.
    pub created: Timestamp,
    /// The watch that it became; `None` where it was refused.
    pub watch: Option<Watch>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
    /// When its watch was removed.
    pub cancelled: Option<Timestamp>,
}

/// Where an order stands, in STAPI's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatusCode {
    /// Read and found well formed.
    Received,
    /// A watch runs for it.
    Accepted,
    /// It will not be met.
    Rejected,
    /// Something was delivered.
    Completed,
    /// Its watch was removed by the user.
    UserCancelled,
    /// Its span is over and nothing was delivered.
    Expired,
}

/// One status that an order has had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderStatus {
    /// Since when.
    pub timestamp: Timestamp,
    /// Which.
    pub code: OrderStatusCode,
    /// Why, where there is more to say.
    pub reason: Option<Refusal>,
}

/// An order with what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OrderState {
    /// The order.
    pub order: Order,
    /// The statuses it has had, the newest first; never empty.
    pub statuses: Vec<OrderStatus>,
    /// What was delivered, newest first.
    pub delivered: Vec<AnswerSummary>,
}

/// The memory of orders and of searches that are answered later.
pub trait OrderStore: Send + Sync {
    /// Keeps an order together with its watch, and says whether it is new.
    fn add_order(&self, order: &Order) -> Result<bool, WatchError>;
    /// An order.
    fn order(&self, id: &str) -> Result<Option<Order>, WatchError>;
    /// Orders, newest first: of one instrument or of all, at most `limit` after the first `skip`.
    fn orders(
        &self,
        instrument: Option<&str>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<Order>, WatchError>;
    /// Marks the order of a watch as cancelled, where there is one.
    fn cancel_order_of(&self, watch: &str, at: Timestamp) -> Result<(), WatchError>;
    /// Keeps a search, over what is kept of it.
    fn put_search(&self, search: &SearchRecord) -> Result<(), WatchError>;
    /// A search.
    fn search(&self, id: &str) -> Result<Option<SearchRecord>, WatchError>;
    /// Searches, newest first, at most `limit` after the first `skip`.
    fn searches(&self, skip: usize, limit: usize) -> Result<Vec<SearchRecord>, WatchError>;
}

impl Chain {
    /// Places an order. What is well formed is kept, also where it is refused: its status says why. The
    /// same order twice is one.
    ///
    /// # Errors
    /// [`WatchError::NotFound`] where there is no such instrument; [`WatchError::Invalid`] names what is
    /// wrong in the order.
    pub async fn place_order(&self, ordered: NewOrder) -> Result<OrderState, WatchError> {
        self.check_request(&ordered.request)?;
        let register = self.register();
        let area = ordered.request.area(POINT_HALF_KM)?;
        let digest = digest::sha256_json(&json!(ordered));
        let id = digest.chars().take(ID_CHARS).collect::<String>();
        if self.kept_order(&id).await?.is_some() {
            return self.order(&id).await;
        }
        let recipes = self.recipes(&register, &ordered.request.instrument)?;
        let recipe = ordered.recipe.clone().or_else(|| recipes.first().cloned());
        let created = Timestamp::now();
        // Checked also where the order is refused, so that what is wrong is named.
        let known: Vec<String> = self.products().map(|p| p.id.clone()).collect();
        let checked = recipe.clone().map(|product| {
            NewWatch {
                name: format!("order {id}"),
                product,
                area: Some(area_json(&area)?),
                bbox: None,
                priority: ordered.priority,
                deadline: Some(ordered.request.to),
                notify: ordered.notify.clone(),
            }
            .check(&known, created)
        });
        let watch = checked.transpose()?;
        let refusal = match &recipe {
            Some(recipe) if recipes.contains(recipe) => {
                self.refusal(&register, &ordered.request).await?
            }
            _ => Some(Refusal {
                code: "no_product".into(),
                text: format!(
                    "no product of this node can be computed from {}; those of it: {}",
                    ordered.request.instrument,
                    recipes.join(", ")
                ),
            }),
        };
        let order = Order {
            id: id.clone(),
            ordered,
            created,
            watch: watch.filter(|_| refusal.is_none()),
            refusal,
            cancelled: None,
        };
        let (orders, kept) = (self.orders.clone(), order.clone());
        if blocking(move || orders.add_order(&kept)).await?
            && let Some(watch) = &order.watch
        {
            self.open_jobs_of(watch).await?;
            self.tell(EventKind::Watch, json!({"added": watch.id}))
                .await?;
            self.wake.notify_one();
        }
        self.order(&id).await
    }

    /// Why nothing can be delivered, where nothing can.
    async fn refusal(
        &self,
        register: &Register,
        request: &OpportunityRequest,
    ) -> Result<Option<Refusal>, WatchError> {
        let refuse = |code: &str, text: String| {
            Some(Refusal {
                code: code.into(),
                text,
            })
        };
        if carriers(register, &request.instrument).all(|s| s.planned) {
            let text = format!("no satellite that flies carries {}", request.instrument);
            return Ok(refuse("not_flying", text));
        }
        let found = self.opportunities(request).await?;
        Ok(match found.opportunities.iter().any(|o| !o.planned) {
            true => None,
            false => refuse(
                "no_opportunity",
                "no satellite that flies can observe the place in that time".into(),
            ),
        })
    }

    /// The products (recipes) that an instrument's data suits.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where a setting is missing.
    pub fn recipes(
        &self,
        register: &Register,
        instrument: &str,
    ) -> Result<Vec<String>, WatchError> {
        let Some(instrument) = register.instrument(instrument) else {
            return Ok(Vec::new());
        };
        let mut suited = Vec::new();
        for product in self.products() {
            let coarsest_m = self
                .settings()
                .value(&self.settings().max_gsd_key(&product.id))?;
            if suits(product, instrument, coarsest_m) {
                suited.push(product.id.clone());
            }
        }
        Ok(suited)
    }

    async fn kept_order(&self, id: &str) -> Result<Option<Order>, WatchError> {
        let (orders, id) = (self.orders.clone(), id.to_string());
        blocking(move || orders.order(&id)).await
    }

    /// An order with what came of it.
    ///
    /// # Errors
    /// [`WatchError::NotFound`] where it is not there.
    pub async fn order(&self, id: &str) -> Result<OrderState, WatchError> {
        let order = self.kept_order(id).await?;
        let order = order.ok_or_else(|| WatchError::not_found("order", id))?;
        self.state_of(order).await
    }

    /// Orders with what came of them, newest first: of one instrument or of all.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the store fails.
    pub async fn orders(
        &self,
        instrument: Option<String>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<OrderState>, WatchError> {
        let orders = self.orders.clone();
        let kept = blocking(move || orders.orders(instrument.as_deref(), skip, limit)).await?;
        let mut states = Vec::with_capacity(kept.len());
        for order in kept {
            states.push(self.state_of(order).await?);
        }
        Ok(states)
    }

    async fn state_of(&self, order: Order) -> Result<OrderState, WatchError> {
        let mut delivered = match &order.watch {
            Some(watch) => answers::of_watch(watch, &self.catalog()).await?,
            None => Vec::new(),
        };
        delivered.retain(|answer| delivers(&order, answer));
        Ok(OrderState {
            statuses: statuses(&order, &delivered, Timestamp::now()),
            order,
            delivered,
        })
    }
}

/// Whether an answer is what was ordered: observed in the span, or a replay that came after the order.
fn delivers(order: &Order, answer: &AnswerSummary) -> bool {
    let OpportunityRequest { from, to, .. } = order.ordered.request;
    let within = answer
        .observed_start
        .zip(answer.observed_end)
        .is_some_and(|(start, end)| start < to && end >= from);
    within || (answer.replay && answer.created >= order.created)
}

/// The statuses an order has had, the newest first.
fn statuses(order: &Order, delivered: &[AnswerSummary], now: Timestamp) -> Vec<OrderStatus> {
    let status = |timestamp, code| OrderStatus {
        timestamp,
        code,
        reason: None,
    };
    let mut all = vec![status(order.created, OrderStatusCode::Received)];
    if let Some(refusal) = &order.refusal {
        all.push(OrderStatus {
            reason: Some(refusal.clone()),
            ..status(order.created, OrderStatusCode::Rejected)
        });
    } else {
        all.push(status(order.created, OrderStatusCode::Accepted));
        let over = order.ordered.request.to.max(order.created);
        let first = delivered.iter().map(|a| a.created).min();
        match (first, order.cancelled) {
            (Some(first), _) => {
                all.push(status(first.max(order.created), OrderStatusCode::Completed));
            }
            (None, Some(at)) => all.push(status(at, OrderStatusCode::UserCancelled)),
            (None, None) if over <= now => all.push(status(over, OrderStatusCode::Expired)),
            (None, None) => {}
        }
    }
    all.reverse();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn order() -> Order {
        Order {
            id: "o".into(),
            ordered: NewOrder {
                request: OpportunityRequest {
                    instrument: "i".into(),
                    geometry: json!({"type": "Point", "coordinates": [10.0, 50.0]}),
                    from: at("2026-08-22T00:00:00Z"),
                    to: at("2026-08-24T00:00:00Z"),
                    filter: None,
                },
                recipe: None,
                priority: None,
                notify: vec![],
            },
            created: at("2026-08-21T00:00:00Z"),
            watch: None,
            refusal: None,
            cancelled: None,
        }
    }

    fn codes(order: &Order, now: &str) -> Vec<OrderStatusCode> {
        statuses(order, &[], at(now))
            .iter()
            .map(|s| s.code)
            .collect()
    }

    #[test]
    fn statuses_follow_what_happened() {
        use OrderStatusCode::{Accepted, Expired, Received, Rejected, UserCancelled};
        let mut order = order();
        assert_eq!(codes(&order, "2026-08-23T00:00:00Z"), [Accepted, Received]);
        assert_eq!(
            codes(&order, "2026-08-25T00:00:00Z"),
            [Expired, Accepted, Received]
        );
        order.cancelled = Some(at("2026-08-22T12:00:00Z"));
        assert_eq!(
            codes(&order, "2026-08-25T00:00:00Z"),
            [UserCancelled, Accepted, Received]
        );
        order.refusal = Some(Refusal {
            code: "no_opportunity".into(),
            text: "none".into(),
        });
        assert_eq!(codes(&order, "2026-08-25T00:00:00Z"), [Rejected, Received]);
    }

    #[test]
    fn places_that_cannot_be_are_named() {
        let said = |geometry: serde_json::Value| {
            let request = OpportunityRequest {
                geometry,
                ..order().ordered.request
            };
            request.area(1.0).unwrap_err().to_string()
        };
        let line = json!({"type": "LineString", "coordinates": [[0, 0], [1, 1]]});
        assert!(said(line).contains("is a LineString; a Point"));
        let off = json!({"type": "Point", "coordinates": [0, 91]});
        assert!(said(off).contains("latitude 91"));
        assert!(said(json!(3)).starts_with("geometry: "));
    }
}
